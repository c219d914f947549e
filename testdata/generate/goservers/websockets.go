package main

import (
	"net"
	"net/http"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorillaws "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
	xwebsocket "golang.org/x/net/websocket"
	newer "newer.example/gorilla/websocket"
)

// gorilla echoes one message, with the Upgrader that its documentation shows.
func gorilla() http.Handler {
	upgrader := gorillaws.Upgrader{Subprotocols: []string{"chat"}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wrapped" {
			w = unhijackable{w} // what a middleware does that knows nothing of hijacking
		}
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			kind, message, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, message) != nil {
				return
			}
		}
	})
}

// gorillaNewer is gorilla/websocket as its main branch is, which other projects
// pin: go.mod gives it a name of its own beside the release.
func gorillaNewer() http.Handler {
	upgrader := newer.Upgrader{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := upgrader.Upgrade(w, r, nil); err == nil {
			_ = c.Close()
		}
	})
}

// unhijackable hides what else a ResponseWriter can do.
type unhijackable struct{ w http.ResponseWriter }

func (u unhijackable) Header() http.Header         { return u.w.Header() }
func (u unhijackable) Write(p []byte) (int, error) { return u.w.Write(p) }
func (u unhijackable) WriteHeader(status int)      { u.w.WriteHeader(status) }

// coder echoes with github.com/coder/websocket.
func coder() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wrapped" {
			w = unhijackable{w}
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, message) != nil {
				return
			}
		}
	})
}

// gobwasHTTP echoes with github.com/gobwas/ws on what net/http has read.
func gobwasHTTP() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, _, err := ws.UpgradeHTTP(r, w)
		if c != nil {
			defer c.Close()
		}
		if err == nil {
			gobwasEcho(c)
		}
	})
}

// gobwasRaw lets github.com/gobwas/ws read the request from the connection.
func gobwasRaw(l net.Listener) error {
	upgrader := ws.Upgrader{Protocol: func(name []byte) bool { return string(name) == "chat" }}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			if _, err := upgrader.Upgrade(c); err == nil {
				gobwasEcho(c)
			}
		}()
	}
}

func gobwasEcho(c net.Conn) {
	for {
		message, op, err := wsutil.ReadClientData(c)
		if err != nil || wsutil.WriteServerMessage(c, op, message) != nil {
			return
		}
	}
}

// gwsHandler echoes with github.com/lxzan/gws; its Authorize refuses one path.
func gwsHandler() http.Handler {
	upgrader := gws.NewUpgrader(gwsEcho{}, &gws.ServerOption{
		Authorize: func(r *http.Request, _ gws.SessionStorage) bool { return r.URL.Path != "/unauthorized" },
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := upgrader.Upgrade(w, r); err == nil {
			c.ReadLoop()
		}
	})
}

type gwsEcho struct{ gws.BuiltinEventHandler }

func (gwsEcho) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

// xnet echoes with golang.org/x/net/websocket, whose Handler wants an Origin.
func xnet() http.Handler {
	return xwebsocket.Handler(func(c *xwebsocket.Conn) {
		var message string
		for xwebsocket.Message.Receive(c, &message) == nil {
			if xwebsocket.Message.Send(c, message) != nil {
				return
			}
		}
	})
}
