// Command goservers serves one product of Go's WebSocket world, so that captures
// hold what it really answers:
//
//	goservers PRODUCT HOST:PORT
//	goservers dial URL
//	goservers wss-serve|wss-dial JSON (see wss.go)
//
// It logs each connection's first request and the status it was answered with as
// a line of JSON, in the form of the other servers of testdata/generate.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
)

// handlers are the products that are an http.Handler.
var handlers = map[string]func() http.Handler{
	"gorilla":       gorilla,
	"gorilla-newer": gorillaNewer,
	"coder":         coder,
	"gobwas":        gobwasHTTP,
	"gws":           gwsHandler,
	"xnet":          xnet,
	"mux":           mux,
	"proxy":         proxy,
	"k8s":           kubernetes,
	"gin":           ginRouter,
}

// tools are told more than an address.
var tools = map[string]func(string) error{"dial": dial, "wss-serve": serveWSS, "wss-dial": dialWSS}

func main() {
	if len(os.Args) != 3 {
		fatal(fmt.Errorf("usage: goservers PRODUCT HOST:PORT"))
	}
	product, at := os.Args[1], os.Args[2]
	if tool, ok := tools[product]; ok {
		if err := tool(at); err != nil {
			fatal(err)
		}
		return
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		fatal(err)
	}
	fatal(serve(product, logged{l}))
}

func serve(product string, l net.Listener) error {
	switch handler, ok := handlers[product]; {
	case ok:
		return http.Serve(l, handler())
	case product == "gobwas-raw":
		return gobwasRaw(l)
	case product == "tls":
		return serveTLS(l, mux())
	}
	names := []string{"gobwas-raw", "tls"}
	for name := range handlers {
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Errorf("no product %q, only %s", product, strings.Join(names, " "))
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "goservers:", err)
	os.Exit(1)
}
