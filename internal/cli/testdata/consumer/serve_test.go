// Package consumer_test is a program that uses the modules of dist/go as those do
// who install them: a server on a real port, and the generated clients.
package consumer_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// patience ends a test that hangs. Nothing waits for it otherwise.
const patience = time.Minute

// serve serves what register registers on a free port of the loopback, until the
// test ends, and returns its address.
func serve(t *testing.T, register func(grpc.ServiceRegistrar), opts ...grpc.ServerOption) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(opts...)
	register(server)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// dialer is a generated dial function.
type dialer[Client any] func(string, credentials.TransportCredentials, ...grpc.DialOption) (Client, *grpc.ClientConn, error)

// dial makes a client with a generated dial function. Its connection is closed
// when the test ends.
func dial[Client any](t *testing.T, f dialer[Client], target string, opts ...grpc.DialOption) Client {
	t.Helper()
	client, conn, err := f(target, insecure.NewCredentials(), opts...)
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

func newContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// wantCode fails the test unless err is a status with the code and the message.
func wantCode(t *testing.T, err error, code codes.Code, message string) {
	t.Helper()
	if got := status.Convert(err); got.Code() != code || got.Message() != message {
		t.Errorf("error is %v, want code %s and message %q", err, code, message)
	}
}

func wantEqual(t *testing.T, got, want proto.Message) {
	t.Helper()
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
