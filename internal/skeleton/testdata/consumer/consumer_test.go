// Package consumer uses generated code as a consumer of an API does.
package consumer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	collidev1 "example.com/golden/collide/v1"
	commonv1 "example.com/golden/common/v1"
	shopv1 "example.com/golden/shop/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const target = "passthrough:///memory"

// serve serves what register registers, and returns the option that leads there.
func serve(t *testing.T, register func(grpc.ServiceRegistrar)) grpc.DialOption {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	register(server)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return listener.DialContext(ctx)
	})
}

func dialShop(t *testing.T, fake *shopv1.FakeShopServer) shopv1.ShopClient {
	t.Helper()
	memory := serve(t, func(r grpc.ServiceRegistrar) { shopv1.RegisterShopServer(r, fake) })
	client, conn, err := shopv1.DialShop(target, insecure.NewCredentials(), memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func TestFakeAnswersAllKinds(t *testing.T) {
	client := dialShop(t, &shopv1.FakeShopServer{
		AddProductFunc: func(_ context.Context, p *shopv1.Product) (*shopv1.ProductID, error) {
			return &shopv1.ProductID{Value: "id of " + p.GetName()}, nil
		},
		ListProductsFunc: func(prefix *wrapperspb.StringValue, stream grpc.ServerStreamingServer[shopv1.Product]) error {
			for i := range 3 {
				if err := stream.Send(&shopv1.Product{Name: fmt.Sprint(prefix.GetValue(), i)}); err != nil {
					return err
				}
			}
			return nil
		},
		UploadPagesFunc: func(stream grpc.ClientStreamingServer[commonv1.Page, commonv1.Page]) error {
			all := &commonv1.Page{}
			for {
				page, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return stream.SendAndClose(all)
				}
				if err != nil {
					return err
				}
				all.Number++
				all.Lines = append(all.Lines, page.GetLines()...)
			}
		},
		ChatFunc: func(stream grpc.BidiStreamingServer[wrapperspb.StringValue, wrapperspb.StringValue]) error {
			for {
				said, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				if err := stream.Send(wrapperspb.String(strings.ToUpper(said.GetValue()))); err != nil {
					return err
				}
			}
		},
	})
	ctx := t.Context()

	id, err := client.AddProduct(ctx, &shopv1.Product{Name: "tea"})
	if err != nil || id.GetValue() != "id of tea" {
		t.Errorf("AddProduct: got %v, %v", id, err)
	}

	list, err := client.ListProducts(ctx, wrapperspb.String("p"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		product, err := list.Recv()
		if want := fmt.Sprint("p", i); err != nil || product.GetName() != want {
			t.Errorf("ListProducts: got %v, %v, want %s", product, err, want)
		}
	}
	if _, err := list.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("ListProducts: got %v, want the end", err)
	}

	upload, err := client.UploadPages(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"a", "b"} {
		if err := upload.Send(&commonv1.Page{Lines: []string{line}}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := upload.CloseAndRecv()
	if err != nil || all.GetNumber() != 2 || strings.Join(all.GetLines(), "") != "ab" {
		t.Errorf("UploadPages: got %v, %v", all, err)
	}

	chat, err := client.Chat(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"x", "y"} {
		if err := chat.Send(wrapperspb.String(word)); err != nil {
			t.Fatal(err)
		}
		answer, err := chat.Recv()
		if err != nil || answer.GetValue() != strings.ToUpper(word) {
			t.Errorf("Chat: got %v, %v", answer, err)
		}
	}
	if err := chat.CloseSend(); err != nil {
		t.Error(err)
	}
	if _, err := chat.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("Chat: got %v, want the end", err)
	}
}

func TestFakeWithoutFields(t *testing.T) {
	client := dialShop(t, &shopv1.FakeShopServer{})
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"AddProduct": func() error { _, err := client.AddProduct(ctx, &shopv1.Product{}); return err },
		"ListProducts": func() error {
			stream, err := client.ListProducts(ctx, wrapperspb.String(""))
			if err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		},
		"UploadPages": func() error {
			stream, err := client.UploadPages(ctx)
			if err != nil {
				return err
			}
			_, err = stream.CloseAndRecv()
			return err
		},
		"Chat": func() error {
			stream, err := client.Chat(ctx)
			if err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		},
	} {
		err := call()
		if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "FakeShopServer."+name+"Func is nil") || !strings.Contains(err.Error(), "/shop.v1.Shop/"+name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestRetry holds that what is idempotent is tried again while the server is
// unavailable, and nothing else.
func TestRetry(t *testing.T) {
	var gets, adds, denied int
	client := dialShop(t, &shopv1.FakeShopServer{
		GetProductFunc: func(_ context.Context, id *shopv1.ProductID) (*shopv1.Product, error) {
			if id.GetValue() == "denied" {
				denied++
				return nil, status.Error(codes.PermissionDenied, "no")
			}
			if gets++; gets < 3 {
				return nil, status.Error(codes.Unavailable, "not yet")
			}
			return &shopv1.Product{Id: id.GetValue()}, nil
		},
		AddProductFunc: func(context.Context, *shopv1.Product) (*shopv1.ProductID, error) {
			adds++
			return nil, status.Error(codes.Unavailable, "not yet")
		},
	})
	if _, err := client.GetProduct(t.Context(), &shopv1.ProductID{}); err != nil || gets != 3 {
		t.Errorf("GetProduct: got %v after %d tries, want success after 3", err, gets)
	}
	if _, err := client.GetProduct(t.Context(), &shopv1.ProductID{Value: "denied"}); status.Code(err) != codes.PermissionDenied || denied != 1 {
		t.Errorf("GetProduct: got %v after %d tries, want PermissionDenied after 1", err, denied)
	}
	if _, err := client.AddProduct(t.Context(), &shopv1.Product{}); status.Code(err) != codes.Unavailable || adds != 1 {
		t.Errorf("AddProduct: got %v after %d tries, want Unavailable after 1", err, adds)
	}
}

func TestDialWithoutCredentials(t *testing.T) {
	if _, conn, err := shopv1.DialShop(target, nil); err == nil || conn != nil || !strings.Contains(err.Error(), "transport security") {
		t.Errorf("got connection %v and error %v, want an error that asks for transport security", conn, err)
	}
}

func TestConstants(t *testing.T) {
	if shopv1.Shop_ModulePath != "example.com/golden" {
		t.Errorf("module path is %q", shopv1.Shop_ModulePath)
	}
	if !regexp.MustCompile("^[0-9a-f]{64}$").MatchString(shopv1.Shop_SchemaDigest) {
		t.Errorf("schema digest is %q", shopv1.Shop_SchemaDigest)
	}
}

// TestCollisions uses a fake whose names all collide with something.
func TestCollisions(t *testing.T) {
	answer := func(text string) func(context.Context, *collidev1.Context) (*collidev1.Context, error) {
		return func(context.Context, *collidev1.Context) (*collidev1.Context, error) {
			return &collidev1.Context{Status: text}, nil
		}
	}
	fake := &collidev1.FakeEchoServer__{
		AddFunc_:                     answer("add"),
		UnimplementedEchoServerFunc_: answer("unimplemented"),
		TestEmbeddedByValueFunc:      answer("embedded"),
		CloseFunc:                    answer("close"),
	}
	memory := serve(t, func(r grpc.ServiceRegistrar) { collidev1.RegisterEchoServer(r, fake) })
	client, conn, err := collidev1.DialEcho__(target, insecure.NewCredentials(), memory)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for want, call := range map[string]func(context.Context, *collidev1.Context, ...grpc.CallOption) (*collidev1.Context, error){
		"add":           client.Add,
		"unimplemented": client.UnimplementedEchoServer,
		"embedded":      client.TestEmbeddedByValue,
		"close":         client.Close,
	} {
		if got, err := call(t.Context(), &collidev1.Context{}); err != nil || got.GetStatus() != want {
			t.Errorf("got %v, %v, want %s", got, err, want)
		}
	}
}
