package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	pluginv1 "github.com/productinfo/productinfo/dist/go/inventory/plugin/v1"
)

func newStruct(t *testing.T, fields map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(fields)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCollector hands free-form options to a plugin and gets free-form resources
// from it.
func TestCollector(t *testing.T) {
	t.Parallel()
	options := newStruct(t, map[string]any{
		"regions": []any{"north", "south"},
		"limits":  map[string]any{"depth": 3.0, "strict": true},
		"note":    nil,
	})
	fake := &pluginv1.FakeCollectorServer{
		InitFunc: func(_ context.Context, req *pluginv1.InitRequest) (*pluginv1.PluginInfo, error) {
			return &pluginv1.PluginInfo{Metadata: req.GetOptions()}, nil
		},
		VerifyFunc: func(_ context.Context, req *pluginv1.VerifyRequest) (*emptypb.Empty, error) {
			if key := req.GetSecretData().GetFields()["key"].GetStringValue(); key != "open sesame" {
				return nil, status.Error(codes.Unauthenticated, "the key does not fit")
			}
			return &emptypb.Empty{}, nil
		},
		CollectFunc: func(req *pluginv1.CollectRequest, stream grpc.ServerStreamingServer[pluginv1.ResourceInfo]) error {
			for i, region := range req.GetOptions().GetFields()["regions"].GetListValue().GetValues() {
				info := &pluginv1.ResourceInfo{
					State:        pluginv1.ResourceInfo_STATE_SUCCESS,
					ResourceType: "inventory.Region",
					Resource: &structpb.Struct{Fields: map[string]*structpb.Value{
						"name": region, "number": structpb.NewNumberValue(float64(i)),
					}},
				}
				if err := stream.Send(info); err != nil {
					return err
				}
			}
			return stream.Send(&pluginv1.ResourceInfo{State: pluginv1.ResourceInfo_STATE_FAILURE, Message: "the east is far away"})
		},
	}
	address := serve(t, func(r grpc.ServiceRegistrar) { pluginv1.RegisterCollectorServer(r, fake) })
	client := dial(t, pluginv1.DialCollector, address)
	ctx := newContext(t)

	info, err := client.Init(ctx, &pluginv1.InitRequest{Options: options})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, info, &pluginv1.PluginInfo{Metadata: options})

	_, err = client.Verify(ctx, &pluginv1.VerifyRequest{Options: options})
	wantCode(t, err, codes.Unauthenticated, "the key does not fit")
	secret := newStruct(t, map[string]any{"key": "open sesame"})
	empty, err := client.Verify(ctx, &pluginv1.VerifyRequest{Options: options, SecretData: secret})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, empty, &emptypb.Empty{})

	stream, err := client.Collect(ctx, &pluginv1.CollectRequest{Options: options, SecretData: secret})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		resource, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(resource.GetState(), " ", resource.GetMessage(), resource.GetResource().AsMap()))
	}
	want := []string{
		"STATE_SUCCESS map[name:north number:0]",
		"STATE_SUCCESS map[name:south number:1]",
		"STATE_FAILURE the east is far awaymap[]",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("collected %q, want %q", got, want)
	}
}
