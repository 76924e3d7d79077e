package consumer_test

import (
	"context"
	"reflect"
	"regexp"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	ecommercev1 "github.com/productinfo/productinfo/dist/go/ecommerce/v1"
	helloworldv1 "github.com/productinfo/productinfo/dist/go/helloworld/v1"
	pluginv1 "github.com/productinfo/productinfo/dist/go/inventory/plugin/v1"
	corev1 "github.com/productinfo/productinfo/dist/go/productinfo/core/v1"
	routeguidev1 "github.com/productinfo/productinfo/dist/go/routeguide/v1"
)

// identity is what the generated code of a service says of itself.
type identity struct {
	service      string
	modulePath   string
	schemaDigest string
	// below is the path of the service's package below its module, and client a
	// type of that package.
	below  string
	client reflect.Type
}

func identities() []identity {
	return []identity{
		{
			ecommercev1.OrderManagement_ServiceDesc.ServiceName, ecommercev1.OrderManagement_ModulePath,
			ecommercev1.OrderManagement_SchemaDigest, "/v1", reflect.TypeFor[ecommercev1.OrderManagementClient](),
		},
		{
			ecommercev1.ProductInfo_ServiceDesc.ServiceName, ecommercev1.ProductInfo_ModulePath,
			ecommercev1.ProductInfo_SchemaDigest, "/v1", reflect.TypeFor[ecommercev1.ProductInfoClient](),
		},
		{
			helloworldv1.Greeter_ServiceDesc.ServiceName, helloworldv1.Greeter_ModulePath,
			helloworldv1.Greeter_SchemaDigest, "/v1", reflect.TypeFor[helloworldv1.GreeterClient](),
		},
		{
			pluginv1.Collector_ServiceDesc.ServiceName, pluginv1.Collector_ModulePath,
			pluginv1.Collector_SchemaDigest, "/plugin/v1", reflect.TypeFor[pluginv1.CollectorClient](),
		},
		{
			corev1.ServerInfo_ServiceDesc.ServiceName, corev1.ServerInfo_ModulePath,
			corev1.ServerInfo_SchemaDigest, "/core/v1", reflect.TypeFor[corev1.ServerInfoClient](),
		},
		{
			routeguidev1.RouteGuide_ServiceDesc.ServiceName, routeguidev1.RouteGuide_ModulePath,
			routeguidev1.RouteGuide_SchemaDigest, "/v1", reflect.TypeFor[routeguidev1.RouteGuideClient](),
		},
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	sha256 := regexp.MustCompile(`^[0-9a-f]{64}$`)
	services := map[string]string{} // by digest
	for _, id := range identities() {
		if got := id.client.PkgPath(); got != id.modulePath+id.below {
			t.Errorf("%s: the package is %s, and the module path %s", id.service, got, id.modulePath)
		}
		if !sha256.MatchString(id.schemaDigest) {
			t.Errorf("%s: schema digest %q, want 64 hexadecimal digits", id.service, id.schemaDigest)
		}
		if other, ok := services[id.schemaDigest]; ok {
			t.Errorf("%s and %s, which differ, have one schema digest", id.service, other)
		}
		services[id.schemaDigest] = id.service
	}
}

// TestServerInfo serves what the constants are for.
func TestServerInfo(t *testing.T) {
	t.Parallel()
	answer := &corev1.GetVersionResponse{Version: "v1.4.2"}
	for _, id := range identities() {
		answer.Apis = append(answer.Apis, &corev1.ApiVersion{
			Service: id.service, ModulePath: id.modulePath, ModuleVersion: "v0.3.0", SchemaDigest: id.schemaDigest,
		})
	}
	fake := &corev1.FakeServerInfoServer{
		GetVersionFunc: func(context.Context, *emptypb.Empty) (*corev1.GetVersionResponse, error) { return answer, nil },
	}
	client := dial(t, corev1.DialServerInfo, serve(t, func(r grpc.ServiceRegistrar) { corev1.RegisterServerInfoServer(r, fake) }))
	got, err := client.GetVersion(newContext(t), &emptypb.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, answer)
}
