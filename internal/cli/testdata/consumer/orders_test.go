package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	ecommercev1 "github.com/productinfo/productinfo/dist/go/ecommerce/v1"
)

// shipmentSize is how many orders the shop below sends together.
const shipmentSize = 2

// shop returns a server of OrderManagement that knows the orders and never
// changes them.
func shop(orders ...*ecommercev1.Order) *ecommercev1.FakeOrderManagementServer {
	find := func(id string) (*ecommercev1.Order, error) {
		for _, order := range orders {
			if order.GetId() == id {
				return order, nil
			}
		}
		return nil, status.Errorf(codes.NotFound, "no order %q", id)
	}
	return &ecommercev1.FakeOrderManagementServer{
		AddOrderFunc: func(_ context.Context, order *ecommercev1.Order) (*wrapperspb.StringValue, error) {
			return wrapperspb.String("order of " + strings.Join(order.GetItems(), " and ")), nil
		},
		GetOrderFunc: func(_ context.Context, id *wrapperspb.StringValue) (*ecommercev1.Order, error) {
			return find(id.GetValue())
		},
		SearchOrdersFunc: func(text *wrapperspb.StringValue, stream grpc.ServerStreamingServer[ecommercev1.Order]) error {
			for _, order := range orders {
				if slices.ContainsFunc(order.GetItems(), func(item string) bool { return strings.Contains(item, text.GetValue()) }) {
					if err := stream.Send(order); err != nil {
						return err
					}
				}
			}
			return nil
		},
		UpdateOrdersFunc: func(stream grpc.ClientStreamingServer[ecommercev1.Order, wrapperspb.StringValue]) error {
			var ids []string
			for {
				order, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return stream.SendAndClose(wrapperspb.String("updated " + strings.Join(ids, ", ")))
				}
				if err != nil {
					return err
				}
				if _, err := find(order.GetId()); err != nil {
					return err
				}
				ids = append(ids, order.GetId())
			}
		},
		ProcessOrdersFunc: func(stream grpc.BidiStreamingServer[wrapperspb.StringValue, ecommercev1.CombinedShipment]) error {
			var open []*ecommercev1.CombinedShipment
			for {
				id, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return err
				}
				order, err := find(id.GetValue())
				if err != nil {
					return err
				}
				i := slices.IndexFunc(open, func(s *ecommercev1.CombinedShipment) bool {
					return s.GetOrdersList()[0].GetDestination() == order.GetDestination()
				})
				if i < 0 {
					i = len(open)
					open = append(open, &ecommercev1.CombinedShipment{Id: "to " + order.GetDestination(), Status: "leaving"})
				}
				open[i].OrdersList = append(open[i].OrdersList, order)
				if len(open[i].GetOrdersList()) == shipmentSize {
					if err := stream.Send(open[i]); err != nil {
						return err
					}
					open = slices.Delete(open, i, i+1)
				}
			}
			for _, shipment := range open {
				if err := stream.Send(shipment); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func newOrder(id, destination string, items ...string) *ecommercev1.Order {
	return &ecommercev1.Order{Id: id, Items: items, Description: "order " + id, Price: 12.5, Destination: destination}
}

// dialShop serves the fake and returns a client of it.
func dialShop(t *testing.T, fake *ecommercev1.FakeOrderManagementServer) ecommercev1.OrderManagementClient {
	t.Helper()
	address := serve(t, func(r grpc.ServiceRegistrar) { ecommercev1.RegisterOrderManagementServer(r, fake) })
	return dial(t, ecommercev1.DialOrderManagement, address)
}

func TestOrdersUnary(t *testing.T) {
	t.Parallel()
	stored := newOrder("102", "Seoul", "pen", "paper", "pen")
	client := dialShop(t, shop(stored))
	ctx := newContext(t)

	id, err := client.AddOrder(ctx, newOrder("", "Seoul", "ink", "wax"))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, id, wrapperspb.String("order of ink and wax"))

	got, err := client.GetOrder(ctx, wrapperspb.String("102"))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, stored)

	_, err = client.GetOrder(ctx, wrapperspb.String("103"))
	wantCode(t, err, codes.NotFound, `no order "103"`)
}

func TestOrdersServerStreaming(t *testing.T) {
	t.Parallel()
	orders := []*ecommercev1.Order{newOrder("1", "Oslo", "red pen"), newOrder("2", "Rome", "paper"), newOrder("3", "Lima", "ink", "pen")}
	client := dialShop(t, shop(orders...))
	ctx := newContext(t)

	for text, want := range map[string][]*ecommercev1.Order{"pen": {orders[0], orders[2]}, "chalk": nil} {
		stream, err := client.SearchOrders(ctx, wrapperspb.String(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, order := range want {
			got, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, got, order)
		}
		if got, err := stream.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("after the orders with %q came %v, %v, want the stream's end", text, got, err)
		}
	}
}

func TestOrdersClientStreaming(t *testing.T) {
	t.Parallel()
	client := dialShop(t, shop(newOrder("1", "Oslo"), newOrder("2", "Rome")))
	ctx := newContext(t)

	stream, err := client.UpdateOrders(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"2", "1"} {
		if err := stream.Send(newOrder(id, "Bonn", "glue")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := stream.CloseAndRecv()
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, wrapperspb.String("updated 2, 1"))

	// The server ends the call in the middle of the client's stream.
	stream, err = client.UpdateOrders(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		err = stream.Send(newOrder("9", "Bonn"))
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("Send to a call that is over = %v, want %v", err, io.EOF)
	}
	_, err = stream.CloseAndRecv()
	wantCode(t, err, codes.NotFound, `no order "9"`)
}

func TestOrdersBidiStreaming(t *testing.T) {
	t.Parallel()
	oslo1, oslo2, rome := newOrder("1", "Oslo", "pen"), newOrder("2", "Oslo", "ink"), newOrder("3", "Rome", "wax")
	client := dialShop(t, shop(oslo1, oslo2, rome))

	stream, err := client.ProcessOrders(newContext(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "3", "2"} {
		if err := stream.Send(wrapperspb.String(id)); err != nil {
			t.Fatal(err)
		}
	}
	// A shipment that is complete comes while the client could still send.
	got, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, &ecommercev1.CombinedShipment{
		Id: "to Oslo", Status: "leaving", OrdersList: []*ecommercev1.Order{oslo1, oslo2},
	})
	if err := stream.Send(wrapperspb.String("1")); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	for _, order := range []*ecommercev1.Order{rome, oslo1} {
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, &ecommercev1.CombinedShipment{
			Id: "to " + order.GetDestination(), Status: "leaving", OrdersList: []*ecommercev1.Order{order},
		})
	}
	if got, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the shipments came %v, %v, want the stream's end", got, err)
	}
}

// TestProductInfo keeps products in a fake that has a memory.
func TestProductInfo(t *testing.T) {
	t.Parallel()
	products := make(chan *ecommercev1.Product, 1)
	fake := &ecommercev1.FakeProductInfoServer{
		AddProductFunc: func(_ context.Context, product *ecommercev1.Product) (*ecommercev1.ProductID, error) {
			product.Id = fmt.Sprintf("id of %s", product.GetName())
			products <- product
			return &ecommercev1.ProductID{Value: product.GetId()}, nil
		},
		GetProductFunc: func(context.Context, *ecommercev1.ProductID) (*ecommercev1.Product, error) {
			return <-products, nil
		},
	}
	client := dial(t, ecommercev1.DialProductInfo, serve(t, func(r grpc.ServiceRegistrar) { ecommercev1.RegisterProductInfoServer(r, fake) }))
	ctx := newContext(t)
	id, err := client.AddProduct(ctx, &ecommercev1.Product{Name: "pen", Description: "It writes.", Price: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, id, &ecommercev1.ProductID{Value: "id of pen"})
	got, err := client.GetProduct(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, &ecommercev1.Product{Id: "id of pen", Name: "pen", Description: "It writes.", Price: 0.5})
}
