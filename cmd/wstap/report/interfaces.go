package report

import (
	"encoding/json"
	"io"
	"strings"

	"wstap/capture"
)

// InterfaceFormats returns the names of the forms of Interfaces.
func InterfaceFormats() []string { return []string{"table", "json"} }

// interfaceRecord is an interface as JSON.
type interfaceRecord struct {
	Kind        string   `json:"kind"`
	V           int      `json:"v"`
	Name        string   `json:"name"`
	State       []string `json:"state"`
	Addresses   []string `json:"addresses,omitempty"`
	Description string   `json:"description,omitempty"`
}

// Interfaces writes a list of network interfaces, as a table or as one JSON object for
// each.
func Interfaces(w io.Writer, format string, list []capture.Interface) error {
	if format == "json" {
		encoder := json.NewEncoder(w)
		for i := range list {
			if err := encoder.Encode(newInterfaceRecord(&list[i])); err != nil {
				return err
			}
		}
		return nil
	}
	cells := [][]string{{"NAME", "STATE", "ADDRESSES", "DESCRIPTION"}}
	for i := range list {
		r := newInterfaceRecord(&list[i])
		cells = append(cells, []string{Escape(r.Name), strings.Join(r.State, ", "), strings.Join(r.Addresses, ", "), Escape(r.Description)})
	}
	return columns(w, cells)
}

func newInterfaceRecord(i *capture.Interface) *interfaceRecord {
	r := &interfaceRecord{Kind: "interface", V: 1, Name: i.Name, Description: i.Description}
	for _, s := range []struct {
		is   bool
		word string
	}{{i.Up, "up"}, {!i.Up, "down"}, {i.Running, "running"}, {i.Loopback, "loopback"}, {i.Wireless, "wireless"}} {
		if s.is {
			r.State = append(r.State, s.word)
		}
	}
	for _, a := range i.Addresses {
		r.Addresses = append(r.Addresses, a.String())
	}
	return r
}
