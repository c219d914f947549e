package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

// dial makes one attempt with gorilla/websocket, whose names Go's own resolver looks
// up, and logs it as node/client.js does.
func dial(url string) error {
	log := map[string]any{"side": "client", "client": nil, "status": nil}
	resolver := &net.Resolver{PreferGo: true}
	dialer := websocket.Dialer{
		HandshakeTimeout: 10 * time.Second,
		NetDialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
			c, err := (&net.Dialer{Resolver: resolver}).DialContext(ctx, network, at)
			if err == nil {
				log["client"], log["server"] = c.LocalAddr().String(), c.RemoteAddr().String()
			}
			return c, err
		},
	}
	c, answer, err := dialer.Dial(url, nil)
	if answer != nil {
		log["status"] = answer.StatusCode
	}
	if err != nil {
		log["error"] = err.Error()
	} else {
		_ = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, "done"))
		_, _, _ = c.ReadMessage()
		c.Close()
	}
	return json.NewEncoder(os.Stdout).Encode(log)
}
