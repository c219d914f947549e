// Package traffic makes big captures of synthetic WebSocket traffic for
// benchmarks, and knows exactly what is in them. The same Plan gives the same
// bytes every time.
package traffic

import (
	"encoding/json"
	"os"
	"strconv"
)

// Truth is what a generated capture holds.
type Truth struct {
	Kind     string         `json:"kind"`
	Seed     uint64         `json:"seed"`
	Scale    float64        `json:"scale"`
	Exact    bool           `json:"exact"` // false where packets are missing for good, so that nobody can count exactly
	Packets  int64          `json:"packets"`
	Bytes    int64          `json:"bytes"` // of the file
	Attempts int            `json:"attempts"`
	ByStatus map[string]int `json:"by_status"`
	Frames   Sides          `json:"frames"` // by opcode
	Messages struct {
		Client int `json:"client"`
		Server int `json:"server"`
	} `json:"messages"`
	FirstClose  map[string]int `json:"first_close"`  // attempts by the code of their first Close frame; 1005 stands for none
	CloseFrames map[string]int `json:"close_frames"` // all Close frames by code
	Plain       int            `json:"plain_connections"`
	Requests    int            `json:"plain_requests"`
	SYNs        int            `json:"flood_syns"`
	Lost        int            `json:"lost"` // lost on the way and sent again
	Reordered   int            `json:"reordered"`
	Duplicated  int            `json:"duplicated"`
	Dropped     int            `json:"dropped"` // missing in the capture for good
}

// Make writes the capture of a plan and its truth, unless they are there already.
func Make(capture string, p Plan) (*Truth, error) {
	truth, err := ReadTruth(capture)
	if info, statErr := os.Stat(capture); err == nil && statErr == nil && info.Size() == truth.Bytes {
		return truth, nil
	}
	f, err := os.Create(capture)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if p.Kind == "wss" {
		keys, keysErr := os.OpenFile(KeyFile(capture), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if keysErr != nil {
			return nil, keysErr
		}
		defer keys.Close()
		p.KeyLog = keys
	}
	if truth, err = Generate(f, p); err != nil {
		return nil, err
	}
	return truth, truth.Write(capture)
}

// Sides counts for each sender.
type Sides struct {
	Client map[string]int `json:"client"`
	Server map[string]int `json:"server"`
}

func newTruth(p Plan) *Truth {
	return &Truth{
		Kind: p.Kind, Seed: p.Seed, Scale: p.Scale, Exact: p.Damage.Drop == 0,
		ByStatus: map[string]int{}, FirstClose: map[string]int{}, CloseFrames: map[string]int{},
		Frames: Sides{Client: map[string]int{}, Server: map[string]int{}},
	}
}

// opcodes names the opcodes as wstap's record does.
var opcodes = map[byte]string{0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}

// frame counts one frame by its first byte.
func (t *Truth) frame(from side, first byte) {
	frames, messages := t.Frames.Client, &t.Messages.Client
	if from == server {
		frames, messages = t.Frames.Server, &t.Messages.Server
	}
	frames[opcodes[first&15]]++
	if first&15 <= 2 && first&0x80 != 0 {
		*messages++
	}
}

// closeFrame counts a Close frame; first tells whether it is its connection's first.
func (t *Truth) closeFrame(from side, code int, first bool) {
	t.frame(from, 0x88)
	t.CloseFrames[strconv.Itoa(code)]++
	if first {
		t.FirstClose[strconv.Itoa(code)]++
	}
}

// KeyFile is the name of the key log beside a capture of kind wss.
func KeyFile(capture string) string { return capture + ".keys" }

// TruthFile is the name of the truth beside a capture.
func TruthFile(capture string) string { return capture + ".truth.json" }

// Write writes the truth beside the capture.
func (t *Truth) Write(capture string) error {
	b, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(TruthFile(capture), append(b, '\n'), 0o644)
}

// ReadTruth reads the truth beside a capture.
func ReadTruth(capture string) (*Truth, error) {
	b, err := os.ReadFile(TruthFile(capture))
	if err != nil {
		return nil, err
	}
	t := new(Truth)
	return t, json.Unmarshal(b, t)
}
