// Package capture says where packets come from. It reads pcap and pcapng
// files, plain or compressed with gzip or zstd, from disk or from a pipe, and
// network interfaces, and gives several of them as one stream in time order.
//
// Open takes the names and returns a Set, which is a packet.Source:
//
//	set, err := capture.Open(names, capture.Options{Stdin: os.Stdin})
//	if err != nil {
//		return err // the invocation is wrong: for instance the filter
//	}
//	defer set.Close()
//	var block packet.Block
//	for set.Next(&block) == nil {
//		for i := range block.Packets {
//			use(&block.Packets[i])
//		}
//	}
//	for _, problem := range set.Problems() {
//		warn(problem)
//	}
//
// A file that cannot be read, or only in part, never hides the others: what was
// wrong with it is a *FileError in Problems.
//
// The bytes of a packet stay where the read put them: nothing is copied and
// nothing is allocated per packet. They are valid until Next has been called
// Ahead times more.
// Every length that a file states is held against a named bound before it is
// believed.
//
// OpenLive opens interfaces and returns a Live, which is a packet.Source, too. An
// interface that goes is an *InterfaceError in its Problems. What the kernel dropped
// is in Stats, and in Block.Missed.
//
// The formats are those of the drafts draft-ietf-opsawg-pcap and
// draft-ietf-opsawg-pcapng. Nothing here knows of TCP or HTTP.
package capture
