package skeleton

import (
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
)

// printDial prints the service config and the function that opens a connection.
// Credentials are a parameter rather than an option: who forgets them finds out
// from the Go compiler, and nothing is in plain text unless the caller says so.
func (s *serviceFile) printDial() {
	g, service := s.g, s.service.GoName
	retried := idempotent(s.service)

	var d doc
	d.text(s.names.serviceConfig+" is the grpc service config that ["+s.names.dial+"] uses unless the",
		"name resolver brings one, as JSON. Calls go in turn to all addresses of the target.").
		text(retryText(retried)...).
		deprecated(s.deprecated(), s.file).print(g)
	s.annotate(s.names.serviceConfig, s.service.Location)
	g.P("const ", s.names.serviceConfig, " = `", serviceConfig(s.service, retried), "`")
	g.P()

	d = doc{}
	d.text(s.names.dial+" makes a client of "+service+" at target, which is a grpc name such as",
		`"dns:///shop.example.com:443", and the connection that the client uses, which the`,
		"caller closes, and on which clients of other services can be made. Nothing is sent",
		"before the first call: an unreachable target makes that call fail, not this one.").
		text("creds secure the connection, and have no default: use credentials.NewTLS, or, where",
			"plain text is meant, insecure.NewCredentials(). They are nil only where opts hold a",
			"credentials bundle. opts come after the defaults and so override them; the default",
			"service config is ["+s.names.serviceConfig+"].").
		proto(s.service.Comments).deprecated(s.deprecated(), s.file).print(g)
	s.annotate(s.names.dial, s.service.Location)
	option := g.QualifiedGoIdent(grpcPackage.Ident("DialOption"))
	g.P("func ", s.names.dial, "(target string, creds ", credentialsPackage.Ident("TransportCredentials"), ", opts ...", option, ") (",
		service, "Client, *", grpcPackage.Ident("ClientConn"), ", error) {")
	g.P("defaults := []", option, "{")
	g.P(grpcPackage.Ident("WithTransportCredentials"), "(creds),")
	g.P(grpcPackage.Ident("WithDefaultServiceConfig"), "(", s.names.serviceConfig, "),")
	g.P("}")
	g.P("conn, err := ", grpcPackage.Ident("NewClient"), "(target, append(defaults, opts...)...)")
	g.P("if err != nil {")
	g.P("return nil, nil, err") //nolint:dupword // two results are nil
	g.P("}")
	g.P("return New", service, "Client(conn), conn, nil")
	g.P("}")
	g.P()
}

func retryText(retried []*protogen.Method) []string {
	if len(retried) == 0 {
		return []string{
			"No call is repeated, since no method has an idempotency_level that allows it.",
		}
	}
	return []string{
		"Calls of methods with the idempotency_level NO_SIDE_EFFECTS or IDEMPOTENT are",
		"tried up to four times while the server answers with the code Unavailable.",
	}
}

// The JSON of grpc's service config, as far as it is used here. See gRFC A2, A6
// and https://github.com/grpc/grpc/blob/master/doc/service_config.md.
type (
	configJSON struct {
		LoadBalancing []map[string]struct{} `json:"loadBalancingConfig"`
		Methods       []methodConfigJSON    `json:"methodConfig,omitempty"`
		Throttling    *throttlingJSON       `json:"retryThrottling,omitempty"`
	}
	methodConfigJSON struct {
		Names []methodNameJSON `json:"name"`
		Retry retryPolicyJSON  `json:"retryPolicy"`
	}
	methodNameJSON struct {
		Service string `json:"service"`
		Method  string `json:"method"`
	}
	retryPolicyJSON struct {
		MaxAttempts       int      `json:"maxAttempts"`
		InitialBackoff    string   `json:"initialBackoff"`
		MaxBackoff        string   `json:"maxBackoff"`
		BackoffMultiplier float64  `json:"backoffMultiplier"`
		Codes             []string `json:"retryableStatusCodes"`
	}
	throttlingJSON struct {
		MaxTokens  int     `json:"maxTokens"`
		TokenRatio float64 `json:"tokenRatio"`
	}
)

func serviceConfig(service *protogen.Service, retried []*protogen.Method) string {
	config := configJSON{LoadBalancing: []map[string]struct{}{{"round_robin": {}}}}
	if len(retried) > 0 {
		method := methodConfigJSON{Retry: retryPolicyJSON{
			MaxAttempts:       4,
			InitialBackoff:    "0.1s",
			MaxBackoff:        "2s",
			BackoffMultiplier: 2,
			Codes:             []string{"UNAVAILABLE"},
		}}
		for _, m := range retried {
			method.Names = append(method.Names, methodNameJSON{
				Service: string(service.Desc.FullName()),
				Method:  string(m.Desc.Name()),
			})
		}
		config.Methods = []methodConfigJSON{method}
		// Without a limit, clients that repeat calls keep an overloaded server down.
		config.Throttling = &throttlingJSON{MaxTokens: 100, TokenRatio: 0.1}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "\t")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(config); err != nil {
		panic(fmt.Sprintf("skeleton.serviceConfig: %v", err)) // no such value in these types
	}
	return strings.TrimSuffix(b.String(), "\n")
}
