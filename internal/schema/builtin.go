package schema

import (
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/bufbuild/protocompile/experimental/source"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	// The files that can be imported without vendoring them, besides
	// google/protobuf: the registry holds what these packages register.
	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "cloud.google.com/go/longrunning/autogen/longrunningpb"
	_ "google.golang.org/genproto/googleapis/api"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/api/configchange"
	_ "google.golang.org/genproto/googleapis/api/distribution"
	_ "google.golang.org/genproto/googleapis/api/error_reason"
	_ "google.golang.org/genproto/googleapis/api/httpbody"
	_ "google.golang.org/genproto/googleapis/api/label"
	_ "google.golang.org/genproto/googleapis/api/metric"
	_ "google.golang.org/genproto/googleapis/api/monitoredres"
	_ "google.golang.org/genproto/googleapis/api/serviceconfig"
	_ "google.golang.org/genproto/googleapis/api/visibility"
	_ "google.golang.org/genproto/googleapis/rpc/code"
	_ "google.golang.org/genproto/googleapis/rpc/context"
	_ "google.golang.org/genproto/googleapis/rpc/context/attribute_context"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	_ "google.golang.org/genproto/googleapis/rpc/http"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	_ "google.golang.org/genproto/googleapis/type/calendarperiod"
	_ "google.golang.org/genproto/googleapis/type/color"
	_ "google.golang.org/genproto/googleapis/type/date"
	_ "google.golang.org/genproto/googleapis/type/datetime"
	_ "google.golang.org/genproto/googleapis/type/dayofweek"
	_ "google.golang.org/genproto/googleapis/type/decimal"
	_ "google.golang.org/genproto/googleapis/type/expr"
	_ "google.golang.org/genproto/googleapis/type/fraction"
	_ "google.golang.org/genproto/googleapis/type/interval"
	_ "google.golang.org/genproto/googleapis/type/latlng"
	_ "google.golang.org/genproto/googleapis/type/localized_text"
	_ "google.golang.org/genproto/googleapis/type/money"
	_ "google.golang.org/genproto/googleapis/type/month"
	_ "google.golang.org/genproto/googleapis/type/phone_number"
	_ "google.golang.org/genproto/googleapis/type/postaladdress"
	_ "google.golang.org/genproto/googleapis/type/quaternion"
	_ "google.golang.org/genproto/googleapis/type/timeofday"
	_ "google.golang.org/grpc/health/grpc_health_v1"
)

// builtInFolders are the folders whose files are taken from this program when
// the workspace has none of that name.
var builtInFolders = []string{
	"buf/validate/",
	"google/api/",
	"google/longrunning/",
	"google/rpc/",
	"google/type/",
	"grpc/health/",
}

// builtInPrefix is what the name of a built-in file begins with, where the name
// of a workspace's file is its path on disk.
const builtInPrefix = "<built-in>/"

// builtIns are the files that need no vendoring. google/protobuf comes with the
// compiler as source; the others are printed from the descriptors that are
// linked into this program, since the compiler reads nothing but text. It is
// safe for goroutines to share.
type builtIns struct {
	wellKnown source.Opener

	mu      sync.Mutex
	printed map[string]string
}

func newBuiltIns() *builtIns {
	return &builtIns{wellKnown: source.WKTs(), printed: make(map[string]string)}
}

// text returns the source of a built-in file, or fs.ErrNotExist.
func (b *builtIns) text(path string) (string, error) {
	if file, err := b.wellKnown.Open(path); err == nil {
		return file.Text(), nil
	}
	if !slices.ContainsFunc(builtInFolders, func(folder string) bool { return strings.HasPrefix(path, folder) }) {
		return "", fs.ErrNotExist
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if text, ok := b.printed[path]; ok {
		return text, nil
	}
	fd, err := protoregistry.GlobalFiles.FindFileByPath(path)
	if err != nil {
		return "", fs.ErrNotExist
	}
	text, err := printSource(fd)
	if err != nil {
		return "", err
	}
	b.printed[path] = text
	return text, nil
}

func printSource(fd protoreflect.FileDescriptor) (string, error) {
	printer := protoprint.Printer{}
	return printer.PrintProtoToString(fd)
}
