package keylog

// Label says what a secret is, as the first word of its line does.
type Label uint8

// The secrets that are kept. They are found by the client random of a connection but
// for the two at the end.
const (
	ClientRandom           Label = iota // CLIENT_RANDOM: master secret before TLS 1.3, 48 bytes
	Premaster                           // PMS_CLIENT_RANDOM: premaster secret, of any length
	ClientEarlyTraffic                  // CLIENT_EARLY_TRAFFIC_SECRET: 0-RTT data
	ClientHandshakeTraffic              // CLIENT_HANDSHAKE_TRAFFIC_SECRET
	ServerHandshakeTraffic              // SERVER_HANDSHAKE_TRAFFIC_SECRET
	ClientTraffic0                      // CLIENT_TRAFFIC_SECRET_0: until the first KeyUpdate
	ServerTraffic0                      // SERVER_TRAFFIC_SECRET_0
	RSAPremaster                        // RSA: premaster secret, by the first 8 bytes of what was encrypted
	SessionMaster                       // RSA Session-ID: … Master-Key: …: master secret, by session ID
	labels
)

var labelNames = [...]string{
	ClientRandom: "CLIENT_RANDOM", Premaster: "PMS_CLIENT_RANDOM",
	ClientEarlyTraffic:     "CLIENT_EARLY_TRAFFIC_SECRET",
	ClientHandshakeTraffic: "CLIENT_HANDSHAKE_TRAFFIC_SECRET", ServerHandshakeTraffic: "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	ClientTraffic0: "CLIENT_TRAFFIC_SECRET_0", ServerTraffic0: "SERVER_TRAFFIC_SECRET_0",
	RSAPremaster: "RSA", SessionMaster: "RSA Session-ID",
}

// String returns the word that stands in key logs.
func (l Label) String() string {
	if l < labels {
		return labelNames[l]
	}
	return "other"
}

// Labels is a set of those that go by client random.
type Labels uint8

// Has reports whether l is in the set.
func (s Labels) Has(l Label) bool { return l < RSAPremaster && s>>l&1 != 0 }
