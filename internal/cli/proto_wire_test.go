package cli_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/productinfo/productinfo/internal/cache"
	"github.com/productinfo/productinfo/internal/digest"
	"github.com/productinfo/productinfo/internal/schema"
)

// wantWire is what the project's own protos look like on the wire, by full name:
// the fields of a message as "number type name", the values of an enum, the RPCs
// of a service. Programs in other languages that have never heard of this project
// speak the same, so what stands here may grow, and never change.
var wantWire = map[string][]string{
	"ecommerce.v1.ProductInfo": {
		"AddProduct(ecommerce.v1.Product) returns (ecommerce.v1.ProductID)",
		"GetProduct(ecommerce.v1.ProductID) returns (ecommerce.v1.Product)",
	},
	"ecommerce.v1.Product":   {"1 string id", "2 string name", "3 string description", "4 float price"},
	"ecommerce.v1.ProductID": {"1 string value"},
	"ecommerce.v1.OrderManagement": {
		"AddOrder(ecommerce.v1.Order) returns (google.protobuf.StringValue)",
		"GetOrder(google.protobuf.StringValue) returns (ecommerce.v1.Order)",
		"SearchOrders(google.protobuf.StringValue) returns (stream ecommerce.v1.Order)",
		"UpdateOrders(stream ecommerce.v1.Order) returns (google.protobuf.StringValue)",
		"ProcessOrders(stream google.protobuf.StringValue) returns (stream ecommerce.v1.CombinedShipment)",
	},
	"ecommerce.v1.Order": {
		"1 string id", "2 repeated string items", "3 string description", "4 float price", "5 string destination",
	},
	"ecommerce.v1.CombinedShipment": {"1 string id", "2 string status", "3 repeated ecommerce.v1.Order orders_list"},

	"routeguide.v1.RouteGuide": {
		"GetPerson(routeguide.v1.Name) returns (routeguide.v1.Person)",
		"GetPeople(stream routeguide.v1.Name) returns (stream routeguide.v1.Person)",
	},
	"routeguide.v1.Name": {"1 string name"},
	"routeguide.v1.Person": {
		"1 string name", "2 int32 age", "3 routeguide.v1.Person.Gender gender", "4 repeated string hobbies",
		"5 routeguide.v1.Person.Address address",
	},
	"routeguide.v1.Person.Gender":  {"0 GENDER_UNSPECIFIED", "1 GENDER_MALE", "2 GENDER_FEMALE"},
	"routeguide.v1.Person.Address": {"1 string street", "2 string city"},

	"helloworld.v1.Greeter": {
		"SayHello(helloworld.v1.HelloRequest) returns (helloworld.v1.HelloReply)",
		"SayHelloStreamReply(helloworld.v1.HelloRequest) returns (stream helloworld.v1.HelloReply)",
		"SayHelloStreamRequest(stream helloworld.v1.HelloRequest) returns (helloworld.v1.HelloReply)",
		"SayHelloBidiStream(stream helloworld.v1.HelloRequest) returns (stream helloworld.v1.HelloReply)",
	},
	"helloworld.v1.HelloRequest": {"1 string name"},
	"helloworld.v1.HelloReply":   {"1 string message"},

	"inventory.plugin.v1.Collector": {
		"Init(inventory.plugin.v1.InitRequest) returns (inventory.plugin.v1.PluginInfo)",
		"Verify(inventory.plugin.v1.VerifyRequest) returns (google.protobuf.Empty)",
		"Collect(inventory.plugin.v1.CollectRequest) returns (stream inventory.plugin.v1.ResourceInfo)",
	},
	"inventory.plugin.v1.InitRequest":   {"1 google.protobuf.Struct options"},
	"inventory.plugin.v1.PluginInfo":    {"1 google.protobuf.Struct metadata"},
	"inventory.plugin.v1.VerifyRequest": {"1 google.protobuf.Struct options", "2 google.protobuf.Struct secret_data"},
	"inventory.plugin.v1.CollectRequest": {
		"1 google.protobuf.Struct options", "2 google.protobuf.Struct secret_data",
		"3 google.protobuf.Struct filter", "4 google.protobuf.Struct task_options",
	},
	"inventory.plugin.v1.ResourceInfo": {
		"1 inventory.plugin.v1.ResourceInfo.State state", "2 string message", "3 string resource_type",
		"4 google.protobuf.Struct match_rules", "6 google.protobuf.Struct resource", "7 google.protobuf.Struct options",
	},
	"inventory.plugin.v1.ResourceInfo.State": {
		"0 STATE_UNSPECIFIED", "1 STATE_CREATED", "2 STATE_PENDING", "3 STATE_IN_PROGRESS", "4 STATE_SUCCESS",
		"5 STATE_FAILURE", "6 STATE_TIMEOUT", "7 STATE_IDLE", "8 STATE_SKIP",
	},

	"productinfo.core.v1.ServerInfo": {"GetVersion(google.protobuf.Empty) returns (productinfo.core.v1.GetVersionResponse)"},
	"productinfo.core.v1.GetVersionResponse": {
		"1 string version", "2 repeated productinfo.core.v1.ApiVersion apis",
	},
	"productinfo.core.v1.ApiVersion": {
		"1 string service", "2 string module_path", "3 string module_version", "4 string schema_digest",
	},
}

// TestProtoWire compares what the project's own protos compile to with wantWire.
func TestProtoWire(t *testing.T) {
	t.Parallel()
	got := map[string][]string{}
	files := compileOwnProtos(t)
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if file.Package().Parent() == "google" {
			return true
		}
		addMessages(got, file.Messages())
		addEnums(got, file.Enums())
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				line := fmt.Sprintf("%s(%s%s) returns (%s%s)", method.Name(),
					prefix("stream ", method.IsStreamingClient()), method.Input().FullName(),
					prefix("stream ", method.IsStreamingServer()), method.Output().FullName())
				got[string(service.FullName())] = append(got[string(service.FullName())], line)
			}
		}
		return true
	})
	for _, name := range slices.Sorted(maps.Keys(wantWire)) {
		if want := wantWire[name]; !slices.Equal(got[name], want) {
			t.Errorf("%s is on the wire\n\t%s\nwant\n\t%s", name, strings.Join(got[name], "\n\t"), strings.Join(want, "\n\t"))
		}
		delete(got, name)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		t.Errorf("%s is not in wantWire: add what others may now rely on", name)
	}
	// One of the two files of routeguide imports the other.
	guide, err := files.FindFileByPath("routeguide/v1/route_guide.proto")
	if err != nil {
		t.Fatal(err)
	}
	if imports := guide.Imports(); imports.Len() != 1 || imports.Get(0).Path() != "routeguide/v1/person.proto" {
		t.Errorf("%s does not import routeguide/v1/person.proto alone", guide.Path())
	}
}

func addMessages(got map[string][]string, messages protoreflect.MessageDescriptors) {
	for i := range messages.Len() {
		message := messages.Get(i)
		for j := range message.Fields().Len() {
			field := message.Fields().Get(j)
			kind := field.Kind().String()
			switch {
			case field.Message() != nil:
				kind = string(field.Message().FullName())
			case field.Enum() != nil:
				kind = string(field.Enum().FullName())
			}
			line := fmt.Sprintf("%d %s%s%s %s", field.Number(), prefix("optional ", field.HasOptionalKeyword()),
				prefix("repeated ", field.Cardinality() == protoreflect.Repeated), kind, field.Name())
			got[string(message.FullName())] = append(got[string(message.FullName())], line)
		}
		addMessages(got, message.Messages())
		addEnums(got, message.Enums())
	}
}

func addEnums(got map[string][]string, enums protoreflect.EnumDescriptors) {
	for i := range enums.Len() {
		enum := enums.Get(i)
		for j := range enum.Values().Len() {
			value := enum.Values().Get(j)
			got[string(enum.FullName())] = append(got[string(enum.FullName())], fmt.Sprintf("%d %s", value.Number(), value.Name()))
		}
	}
}

// prefix returns text if it is wanted.
func prefix(text string, wanted bool) string {
	if wanted {
		return text
	}
	return ""
}

// compileOwnProtos compiles the project's own proto/.
func compileOwnProtos(t *testing.T) *protoregistry.Files {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	store, err := cache.Open(filepath.Join(temp, "cache"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	layout := schema.Layout{Dir: dir, Roots: []string{"proto"}}
	sources, err := schema.Scan(layout, digest.OpenIndex(filepath.Join(temp, "index"), dir, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, source := range sources.Own() {
		paths = append(paths, source.Path)
	}
	compiler := &schema.Compiler{Cache: store, Identity: "test", Jobs: 1}
	image, err := compiler.Compile(t.Context(), sources, [][]string{paths})
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	for _, file := range image.Closure(paths) {
		encoded, _, err := image.Bytes(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		descriptor := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(encoded, descriptor); err != nil {
			t.Fatal(err)
		}
		set.File = append(set.File, descriptor)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		t.Fatal(err)
	}
	return files
}
