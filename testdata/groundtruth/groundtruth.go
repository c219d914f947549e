// Package groundtruth reads what is known about the captures of testdata: the
// JSON file that stands beside each of them and says which WebSocket handshakes
// it holds, from the logs of the programs that made them.
package groundtruth

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Capture is one capture, or one set of files that belong together, and what a
// reader has to find in it.
type Capture struct {
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Made        string      `json:"made"`     // "captured", "edited from NAME" or "composed"
	Products    []string    `json:"products"` // with versions
	Files       []string    `json:"files"`    // names within the folder, in time order
	Handshakes  []Handshake `json:"handshakes"`
	Exit        int         `json:"exit"`    // status that wstap read ends with
	Keylog      string      `json:"keylog"`  // NSS key log to be read with it; empty where there is none
	TLSKey      string      `json:"tls_key"` // private key (PEM) of the server to be read with it

	Folder string `json:"-"`
}

// beside returns a name within the capture's folder as a path, "" where it is empty.
func (c *Capture) beside(name string) string {
	if name == "" {
		return ""
	}
	return filepath.Join(c.Folder, name)
}

// KeylogPath returns the key log with its folder, "" where there is none.
func (c *Capture) KeylogPath() string { return c.beside(c.Keylog) }

// TLSKeyPath returns the private key with its folder, "" where there is none.
func (c *Capture) TLSKeyPath() string { return c.beside(c.TLSKey) }

// Paths returns the capture's files with their folder.
func (c *Capture) Paths() []string {
	paths := make([]string, len(c.Files))
	for i, f := range c.Files {
		paths[i] = filepath.Join(c.Folder, f)
	}
	return paths
}

// Handshake is one attempt. An empty string and a zero number mean that there is
// nothing of the kind; an empty Client, that no log knows its port.
type Handshake struct {
	Client         string   `json:"client"`
	Server         string   `json:"server"`
	Method         string   `json:"method"` // empty where no request was sent
	URI            string   `json:"uri"`
	Host           string   `json:"host"`
	Origin         string   `json:"origin"`
	Status         int      `json:"status"`
	Subprotocol    string   `json:"subprotocol"`
	Extensions     string   `json:"extensions"` // the name only
	HTTPVersion    string   `json:"http_version"`
	OnWire         string   `json:"http_version_on_wire"` // where a proxy changed HTTPVersion
	TLS            bool     `json:"tls"`
	Close          *Close   `json:"close"`
	Ending         string   `json:"ending"` // alternatives joined by "|"
	Verdict        string   `json:"verdict"`
	MessagesClient *int     `json:"messages_client"` // nil: not logged
	MessagesServer *int     `json:"messages_server"`
	Carrier        []string `json:"carrier"` // what wraps the connection's first packet, outermost first; nil: not stated
	Cause          string   `json:"cause"`
	Leg            string   `json:"leg"`
	Unchecked      []string `json:"unchecked"` // JSON names of facts that the capture cannot show
	Optional       bool     `json:"optional"`  // a reader may miss it

	TLSFacts

	Findings    []string `json:"findings"`     // ids that must be found; alternatives joined by "|"
	NotFindings []string `json:"not_findings"` // ids that must not be found
	AllowedIDs  []string `json:"allowed"`      // ids that may be found besides
	AnsweredBy  string   `json:"answered_by"`  // part of the answerer's name, in lower case
	Product     string   `json:"product"`      // who answered, with version, where the capture has several products
}

// TLSFacts is what the endpoints said of a connection in TLS. What nobody said is
// empty.
type TLSFacts struct {
	TLSVersion  string       `json:"tls_version"` // "TLSv1.0" to "TLSv1.3"
	TLSCipher   string       `json:"tls_cipher"`  // IANA name
	TLSResumed  *bool        `json:"tls_resumed"` // nil: not logged
	TLSAlert    *Alert       `json:"tls_alert"`   // one that failed or warned, in the clear or opened by the keys
	SNI         string       `json:"sni"`         // alternatives joined by "|" where TLS lies in TLS
	ALPN        string       `json:"alpn"`        // chosen
	ALPNOffered []string     `json:"alpn_offered"`
	Certificate *Certificate `json:"tls_certificate"` // the server's, where it can be read without keys
}

// Alert is a TLS alert (RFC 8446 section 6).
type Alert struct {
	Code int    `json:"code"`
	By   string `json:"by"` // "client" or "server"
}

// Certificate is what a server's certificate says. Empty fields are not in it.
type Certificate struct {
	Subject            string   `json:"subject"` // common names
	Issuer             string   `json:"issuer"`
	IssuerOrganization string   `json:"issuer_organization"`
	Names              []string `json:"names"`      // of subjectAltName, addresses among them
	NotBefore          string   `json:"not_before"` // RFC 3339
	NotAfter           string   `json:"not_after"`
	SelfSigned         bool     `json:"self_signed"`
}

// Close is the first Close frame.
type Close struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
	By     string `json:"by"` // "client" or "server"
}

// Checked reports whether the capture shows the fact with the given JSON name.
func (h *Handshake) Checked(fact string) bool { return !slices.Contains(h.Unchecked, fact) }

// Allows reports whether value is one of the alternatives of want.
func Allows(want, value string) bool { return slices.Contains(strings.Split(want, "|"), value) }

// Load reads all truth files of a folder, in the order of their names.
func Load(dir string) ([]Capture, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	captures := make([]Capture, 0, len(names))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c := Capture{Folder: dir}
		if err := json.Unmarshal(b, &c); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		captures = append(captures, c)
	}
	return captures, nil
}
