package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// mux routes a few paths that refuse, and answers others with Go's own 404. What
// it refuses with nearly looks like gorilla/websocket or like that 404.
func mux() http.Handler {
	m := http.NewServeMux()
	refuse := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, status) }
	}
	m.HandleFunc("/forbidden", refuse(http.StatusForbidden, "Forbidden"))
	m.HandleFunc("/bad", refuse(http.StatusBadRequest, "Bad Request"))
	m.HandleFunc("/room", refuse(http.StatusNotFound, "no such room"))
	m.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login/form", http.StatusFound) })
	m.HandleFunc("POST /posts", refuse(http.StatusTeapot, ""))
	m.HandleFunc("/folder/", refuse(http.StatusNotFound, "404 page not found in this folder"))
	m.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	m.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!doctype html><title>a page</title>"))
	})
	m.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	return m
}

// proxy is httputil.ReverseProxy in front of a port where nothing listens. The
// path /other has an error handler of its own, and behind /https is the port of the
// product tls, to which the proxy speaks plain HTTP.
func proxy() http.Handler {
	dead := &url.URL{Scheme: "http", Host: "127.0.0.1:9"}
	plain := httputil.NewSingleHostReverseProxy(dead)
	other := httputil.NewSingleHostReverseProxy(dead)
	other.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) {
		http.Error(w, "Bad Gateway", http.StatusBadGateway)
	}
	m := http.NewServeMux()
	m.Handle("/", plain)
	m.Handle("/other", other)
	m.Handle("/https", httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:8117"}))
	return m
}

// serveTLS serves HTTPS with a certificate made for this run.
func serveTLS(l net.Listener, h http.Handler) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	name := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, name, name, &key.PublicKey, key)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h, TLSConfig: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
	return s.ServeTLS(l, "", "")
}
