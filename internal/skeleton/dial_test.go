package skeleton

import (
	"encoding/json"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"google.golang.org/protobuf/compiler/protogen"
)

// TestServiceConfig lets grpc itself read the service configs.
func TestServiceConfig(t *testing.T) {
	t.Parallel()
	gen, err := protogen.Options{}.New(compile(t, "", protoFiles(t)))
	if err != nil {
		t.Fatal(err)
	}
	services := 0
	for _, file := range gen.Files {
		for _, service := range file.Services {
			services++
			retried := idempotent(service)
			config := serviceConfig(service, retried)
			conn, err := grpc.NewClient("passthrough:///x", grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(config))
			if err != nil {
				t.Errorf("%s: %v", service.Desc.FullName(), err)
				continue
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
			var parsed configJSON
			if err := json.Unmarshal([]byte(config), &parsed); err != nil {
				t.Fatal(err)
			}
			if (len(retried) > 0) != (len(parsed.Methods) == 1) {
				t.Errorf("%s: %d methods can be repeated, and the config is %s", service.Desc.FullName(), len(retried), config)
			}
		}
	}
	if services == 0 {
		t.Error("no service in testdata")
	}
}
