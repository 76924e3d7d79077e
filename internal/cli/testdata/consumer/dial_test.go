package consumer_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	helloworldv1 "github.com/productinfo/productinfo/dist/go/helloworld/v1"
)

// counting returns a Greeter that counts its calls and answers with err.
func counting(calls *atomic.Int64, err error) *helloworldv1.FakeGreeterServer {
	return &helloworldv1.FakeGreeterServer{
		SayHelloFunc: func(context.Context, *helloworldv1.HelloRequest) (*helloworldv1.HelloReply, error) {
			calls.Add(1)
			return &helloworldv1.HelloReply{}, err
		},
	}
}

// TestServiceConfig holds that grpc follows the default service config: calls go
// in turn to all addresses, and none is repeated.
func TestServiceConfig(t *testing.T) {
	t.Parallel()
	if !json.Valid([]byte(helloworldv1.Greeter_ServiceConfig)) {
		t.Fatalf("the service config is no JSON: %s", helloworldv1.Greeter_ServiceConfig)
	}
	var calls [2]atomic.Int64
	var addresses []resolver.Address
	for i := range calls {
		fake := counting(&calls[i], nil)
		address := serve(t, func(r grpc.ServiceRegistrar) { helloworldv1.RegisterGreeterServer(r, fake) })
		addresses = append(addresses, resolver.Address{Addr: address})
	}
	resolve := manual.NewBuilderWithScheme("both")
	resolve.InitialState(resolver.State{Addresses: addresses})
	client := dial(t, helloworldv1.DialGreeter, "both:///greeters", grpc.WithResolvers(resolve))
	ctx := newContext(t)
	call := func() {
		t.Helper()
		if _, err := client.SayHello(ctx, &helloworldv1.HelloRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	// One connection may be there before the other. Without the config all calls
	// would stay with the first, and this would end with the context.
	for calls[0].Load() == 0 || calls[1].Load() == 0 {
		call()
	}
	before := [2]int64{calls[0].Load(), calls[1].Load()}
	for range 10 {
		call()
	}
	for i := range calls {
		if got := calls[i].Load() - before[i]; got != 5 {
			t.Errorf("server %d got %d of 10 calls, want 5", i, got)
		}
	}
}

func TestNoCallIsRepeated(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	client := dialGreeter(t, counting(&calls, status.Error(codes.Unavailable, "closed on Sundays")))
	_, err := client.SayHello(newContext(t), &helloworldv1.HelloRequest{})
	wantCode(t, err, codes.Unavailable, "closed on Sundays")
	if got := calls.Load(); got != 1 {
		t.Errorf("the server was called %d times, want once: nothing says that SayHello may be repeated", got)
	}
}

func TestDialWithTLS(t *testing.T) {
	t.Parallel()
	// Only its certificate, for 127.0.0.1, and the pool that trusts it are used.
	https := httptest.NewTLSServer(nil)
	defer https.Close()
	serverCreds := credentials.NewTLS(&tls.Config{Certificates: https.TLS.Certificates})
	address := serve(t, func(r grpc.ServiceRegistrar) { helloworldv1.RegisterGreeterServer(r, greeter()) }, grpc.Creds(serverCreds))

	trusted := x509.NewCertPool()
	trusted.AddCert(https.Certificate())
	for _, test := range []struct {
		name  string
		roots *x509.CertPool
		want  codes.Code
	}{
		{"trusted", trusted, codes.OK},
		{"not trusted", x509.NewCertPool(), codes.Unavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, conn, err := helloworldv1.DialGreeter(address, credentials.NewTLS(&tls.Config{RootCAs: test.roots}))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := client.SayHello(newContext(t), &helloworldv1.HelloRequest{}); status.Code(err) != test.want {
				t.Errorf("SayHello: %v, want code %s", err, test.want)
			}
		})
	}
}

func TestDialWithoutCredentials(t *testing.T) {
	t.Parallel()
	client, conn, err := helloworldv1.DialGreeter("127.0.0.1:1", nil)
	if err == nil || client != nil || conn != nil {
		t.Errorf("DialGreeter without credentials = %v, %v, %v, want an error alone", client, conn, err)
	}
}
