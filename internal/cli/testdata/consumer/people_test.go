package consumer_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	routeguidev1 "github.com/productinfo/productinfo/dist/go/routeguide/v1"
)

func TestPeople(t *testing.T) {
	t.Parallel()
	ada := &routeguidev1.Person{
		Name: "Ada", Age: 36, Gender: routeguidev1.Person_GENDER_FEMALE,
		Hobbies: []string{"numbers", "music"},
		Address: &routeguidev1.Person_Address{Street: "12 St James's Square", City: "London"},
	}
	kim := &routeguidev1.Person{Name: "Kim"}
	people := map[string]*routeguidev1.Person{"Ada": ada, "Kim": kim}
	fake := &routeguidev1.FakeRouteGuideServer{
		GetPersonFunc: func(_ context.Context, name *routeguidev1.Name) (*routeguidev1.Person, error) {
			if person, ok := people[name.GetName()]; ok {
				return person, nil
			}
			return nil, status.Errorf(codes.NotFound, "nobody is called %q", name.GetName())
		},
		GetPeopleFunc: func(stream grpc.BidiStreamingServer[routeguidev1.Name, routeguidev1.Person]) error {
			for {
				name, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				if person, ok := people[name.GetName()]; ok {
					if err := stream.Send(person); err != nil {
						return err
					}
				}
			}
		},
	}
	address := serve(t, func(r grpc.ServiceRegistrar) { routeguidev1.RegisterRouteGuideServer(r, fake) })
	client := dial(t, routeguidev1.DialRouteGuide, address)
	ctx := newContext(t)

	got, err := client.GetPerson(ctx, &routeguidev1.Name{Name: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, ada)
	_, err = client.GetPerson(ctx, &routeguidev1.Name{Name: "Bob"})
	wantCode(t, err, codes.NotFound, `nobody is called "Bob"`)

	stream, err := client.GetPeople(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Kim", "Bob", "Ada"} {
		if err := stream.Send(&routeguidev1.Name{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []*routeguidev1.Person{kim, ada} {
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, want)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the people came %v, %v, want the stream's end", got, err)
	}
}
