package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// wss is what a TLS server or client is told, as JSON.
type wss struct {
	At, URL, SNI       string   // the server's or proxy's address; what a client asks for, and the name in its ClientHello
	Proxy              string   // http: or socks5: URL
	Cert, Key, CA      string   // files
	Keylog             string   // file that key material is appended to
	Min, Max           uint16   // versions, as on the wire
	Suites             []string // IANA names, for TLS 1.2 and before
	Curves             []tls.CurveID
	ALPN               []string
	Resume             int  // a client makes so many attempts more, with the session of those before
	NoTickets          bool // a server without tickets, a client that keeps no session
	Insecure           bool
	RequireCertificate bool
	Alone              bool // a server without HTTP/1.1: any ALPN that it does not share is refused
}

func (w *wss) config() (*tls.Config, error) {
	c := &tls.Config{
		ServerName: w.SNI, MinVersion: w.Min, MaxVersion: w.Max, CurvePreferences: w.Curves, NextProtos: w.ALPN,
		SessionTicketsDisabled: w.NoTickets, InsecureSkipVerify: w.Insecure,
	}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if slices.Contains(w.Suites, s.Name) {
			c.CipherSuites = append(c.CipherSuites, s.ID)
		}
	}
	if w.Keylog != "" {
		f, err := os.OpenFile(w.Keylog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, err
		}
		c.KeyLogWriter = f
	}
	if w.Cert != "" {
		pair, err := tls.LoadX509KeyPair(w.Cert, w.Key)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if w.CA != "" {
		pem, err := os.ReadFile(w.CA)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		c.RootCAs, c.ClientCAs = pool, pool
	}
	if w.RequireCertificate {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// entry is one line of the log, as node/server.js and node/client.js write it.
type entry struct {
	Side        string  `json:"side"`
	Client      string  `json:"client"`
	Server      string  `json:"server"`
	Method      string  `json:"method"`
	URI         string  `json:"uri"`
	Host        string  `json:"host"`
	Origin      *string `json:"origin"`
	HTTPVersion string  `json:"http_version"`
	Status      *int    `json:"status"`
	Subprotocol *string `json:"subprotocol"`
	Extensions  *string `json:"extensions"`
	Sent        int     `json:"sent"`
	Received    int     `json:"received"`
	Closes      []shut  `json:"closes"`
	Version     string  `json:"tls_version,omitempty"`
	Cipher      string  `json:"tls_cipher,omitempty"`
	Resumed     bool    `json:"tls_resumed"`
	Error       string  `json:"error,omitempty"`
}

type shut struct {
	T      float64 `json:"t"`
	Code   int     `json:"code"`
	Reason string  `json:"reason"`
}

func (e *entry) agreed(s *tls.ConnectionState) {
	e.Version = map[uint16]string{tls.VersionTLS10: "TLSv1.0", tls.VersionTLS11: "TLSv1.1", tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[s.Version]
	e.Cipher, e.Resumed = tls.CipherSuiteName(s.CipherSuite), s.DidResume
}

func (e *entry) closed(code int, reason string) {
	e.Closes = append(e.Closes, shut{float64(time.Now().UnixMicro()) / 1000, code, reason})
}

var logging sync.Mutex

func (e *entry) write() {
	logging.Lock()
	defer logging.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(e)
}

// serveWSS echoes messages with gorilla/websocket on net/http's own TLS; /no is refused by the application.
func serveWSS(told string) error {
	var w wss
	if err := json.Unmarshal([]byte(told), &w); err != nil {
		return err
	}
	config, err := w.config()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", w.At)
	if err != nil {
		return err
	}
	fmt.Println(`{"ready":true}`)
	s := http.Server{Handler: http.HandlerFunc(echoWSS), TLSConfig: config, ErrorLog: log.New(os.Stderr, "", 0)}
	if !w.Alone {
		s.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){} // no HTTP/2
	}
	return s.ServeTLS(l, "", "")
}

func echoWSS(w http.ResponseWriter, r *http.Request) {
	e := entry{
		Side: "server", Client: r.RemoteAddr, Server: r.Context().Value(http.LocalAddrContextKey).(net.Addr).String(), Method: r.Method,
		URI: r.RequestURI, Host: r.Host, HTTPVersion: "1.1", Closes: []shut{},
	}
	e.agreed(r.TLS)
	status := http.StatusSwitchingProtocols
	e.Status = &status
	defer e.write()
	if r.URL.Path == "/no" {
		status = http.StatusForbidden
		http.Error(w, "no", status)
		return
	}
	c, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		status = http.StatusBadRequest
		return
	}
	defer c.Close()
	c.SetCloseHandler(func(code int, reason string) error {
		e.closed(code, reason)
		return c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
	})
	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			return
		}
		e.Received++
		if c.WriteMessage(kind, message) != nil {
			return
		}
		e.Sent++
	}
}

// dialWSS makes attempts with gorilla/websocket, one after the other.
func dialWSS(told string) error {
	var w wss
	if err := json.Unmarshal([]byte(told), &w); err != nil {
		return err
	}
	config, err := w.config()
	if err != nil {
		return err
	}
	if w.Resume > 0 {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	}
	for range w.Resume + 1 {
		attemptWSS(&w, config)
	}
	return nil
}

func attemptWSS(w *wss, config *tls.Config) {
	e := entry{Side: "client", Method: "GET", HTTPVersion: "1.1", Closes: []shut{}}
	if u, err := url.Parse(w.URL); err == nil {
		e.URI, e.Host = u.RequestURI(), u.Host
	}
	var raw net.Conn
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second, TLSClientConfig: config, NetDial: func(network, _ string) (net.Conn, error) {
		c, err := net.Dial(network, w.At)
		if err == nil {
			raw, e.Client, e.Server = c, c.LocalAddr().String(), c.RemoteAddr().String()
		}
		return c, err
	}}
	if w.Proxy != "" {
		dialer.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(w.Proxy) }
	}
	c, answer, err := dialer.Dial(w.URL, nil)
	defer e.write()
	if answer != nil {
		e.Status = &answer.StatusCode
	}
	if err != nil {
		e.Error = err.Error()
		if raw != nil {
			raw.Close()
		}
		return
	}
	defer c.Close()
	if t, ok := c.NetConn().(*tls.Conn); ok {
		s := t.ConnectionState()
		e.agreed(&s)
	}
	e.Error = talkWSS(c, &e)
}

func talkWSS(c *websocket.Conn, e *entry) string {
	if err := c.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		return err.Error()
	}
	e.Sent++
	if _, _, err := c.ReadMessage(); err != nil {
		return err.Error()
	}
	e.Received++
	e.closed(websocket.CloseNormalClosure, "done")
	if err := c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, "done")); err != nil {
		return err.Error()
	}
	var gone *websocket.CloseError
	if _, _, err := c.ReadMessage(); !errors.As(err, &gone) {
		return fmt.Sprint(err)
	}
	return ""
}
