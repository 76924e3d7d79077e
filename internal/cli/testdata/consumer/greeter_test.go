package consumer_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	helloworldv1 "github.com/productinfo/productinfo/dist/go/helloworld/v1"
)

func reply(greeting, name string) *helloworldv1.HelloReply {
	return &helloworldv1.HelloReply{Message: greeting + " " + cmp.Or(name, "world")}
}

func greeter() *helloworldv1.FakeGreeterServer {
	return &helloworldv1.FakeGreeterServer{
		SayHelloFunc: func(_ context.Context, req *helloworldv1.HelloRequest) (*helloworldv1.HelloReply, error) {
			return reply("hello", req.GetName()), nil
		},
		SayHelloStreamReplyFunc: func(req *helloworldv1.HelloRequest, stream grpc.ServerStreamingServer[helloworldv1.HelloReply]) error {
			for _, greeting := range []string{"hello", "hallo", "annyeong"} {
				if err := stream.Send(reply(greeting, req.GetName())); err != nil {
					return err
				}
			}
			return nil
		},
		SayHelloStreamRequestFunc: func(stream grpc.ClientStreamingServer[helloworldv1.HelloRequest, helloworldv1.HelloReply]) error {
			var names []string
			for {
				req, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return stream.SendAndClose(reply("hello", strings.Join(names, " and ")))
				}
				if err != nil {
					return err
				}
				names = append(names, req.GetName())
			}
		},
		SayHelloBidiStreamFunc: func(stream grpc.BidiStreamingServer[helloworldv1.HelloRequest, helloworldv1.HelloReply]) error {
			for {
				req, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				if err := stream.Send(reply("hello", req.GetName())); err != nil {
					return err
				}
			}
		},
	}
}

func dialGreeter(t *testing.T, fake *helloworldv1.FakeGreeterServer) helloworldv1.GreeterClient {
	t.Helper()
	address := serve(t, func(r grpc.ServiceRegistrar) { helloworldv1.RegisterGreeterServer(r, fake) })
	return dial(t, helloworldv1.DialGreeter, address)
}

func TestGreeter(t *testing.T) {
	t.Parallel()
	client := dialGreeter(t, greeter())
	ctx := newContext(t)

	t.Run("unary", func(t *testing.T) {
		got, err := client.SayHello(ctx, &helloworldv1.HelloRequest{})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, &helloworldv1.HelloReply{Message: "hello world"})
	})
	t.Run("server streaming", func(t *testing.T) {
		stream, err := client.SayHelloStreamReply(ctx, &helloworldv1.HelloRequest{Name: "Ada"})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"hello Ada", "hallo Ada", "annyeong Ada"} {
			got, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, got, &helloworldv1.HelloReply{Message: want})
		}
		if got, err := stream.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("after the greetings came %v, %v, want the stream's end", got, err)
		}
	})
	t.Run("client streaming", func(t *testing.T) {
		stream, err := client.SayHelloStreamRequest(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Ada", "Grace"} {
			if err := stream.Send(&helloworldv1.HelloRequest{Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := stream.CloseAndRecv()
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, &helloworldv1.HelloReply{Message: "hello Ada and Grace"})
	})
	t.Run("both ways", func(t *testing.T) {
		stream, err := client.SayHelloBidiStream(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Ada", "Grace"} { // each is answered before the next is sent
			if err := stream.Send(&helloworldv1.HelloRequest{Name: name}); err != nil {
				t.Fatal(err)
			}
			got, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, got, &helloworldv1.HelloReply{Message: "hello " + name})
		}
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		if got, err := stream.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("after the greetings came %v, %v, want the stream's end", got, err)
		}
	})
}

// TestFakeWithoutFunctions calls a fake of which nothing is set.
func TestFakeWithoutFunctions(t *testing.T) {
	t.Parallel()
	client := dialGreeter(t, &helloworldv1.FakeGreeterServer{})
	ctx := newContext(t)
	unimplemented := func(method string) string {
		return "FakeGreeterServer." + method + "Func is nil: method /helloworld.v1.Greeter/" + method + " not implemented"
	}

	_, err := client.SayHello(ctx, &helloworldv1.HelloRequest{})
	wantCode(t, err, codes.Unimplemented, unimplemented("SayHello"))

	replies, err := client.SayHelloStreamReply(ctx, &helloworldv1.HelloRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = replies.Recv()
	wantCode(t, err, codes.Unimplemented, unimplemented("SayHelloStreamReply"))

	requests, err := client.SayHelloStreamRequest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = requests.CloseAndRecv()
	wantCode(t, err, codes.Unimplemented, unimplemented("SayHelloStreamRequest"))

	both, err := client.SayHelloBidiStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = both.Recv()
	wantCode(t, err, codes.Unimplemented, unimplemented("SayHelloBidiStream"))
}

// TestDeadline gives a call a deadline, which the server sees and keeps.
func TestDeadline(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	fake := &helloworldv1.FakeGreeterServer{
		SayHelloFunc: func(ctx context.Context, req *helloworldv1.HelloRequest) (*helloworldv1.HelloReply, error) {
			if _, ok := ctx.Deadline(); !ok {
				return nil, status.Error(codes.Internal, "the deadline did not arrive")
			}
			return reply("hello", req.GetName()), nil
		},
		SayHelloBidiStreamFunc: func(stream grpc.BidiStreamingServer[helloworldv1.HelloRequest, helloworldv1.HelloReply]) error {
			if err := stream.Send(reply("hello", "")); err != nil {
				return err
			}
			<-stream.Context().Done()
			ended <- stream.Context().Err()
			return status.FromContextError(stream.Context().Err()).Err()
		},
	}
	client := dialGreeter(t, fake)

	if _, err := client.SayHello(newContext(t), &helloworldv1.HelloRequest{}); err != nil {
		t.Errorf("a call with time enough: %v", err)
	}

	past, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := client.SayHello(past, &helloworldv1.HelloRequest{}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a call without time: %v, want code %s", err, codes.DeadlineExceeded)
	}

	ctx, cancel := context.WithCancel(newContext(t))
	defer cancel()
	stream, err := client.SayHelloBidiStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := stream.Recv(); status.Code(err) != codes.Canceled {
		t.Errorf("a call that the client has cancelled: %v, want code %s", err, codes.Canceled)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the server's context ended with %v, want %v", err, context.Canceled)
		}
	case <-newContext(t).Done():
		t.Error("the server was not told that the client has cancelled")
	}
}
