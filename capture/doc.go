// Package capture says where packets come from. It reads pcap and pcapng
// files, plain or compressed with gzip or zstd, from disk or from a pipe, and
// network interfaces, and gives several of them as one stream in time order: files
// named one by one, by folder or by pattern. It sees which files of a rotated set are
// missing, and can follow files that are still being written.
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
// Writer writes packets out again as pcapng, for which Set.Interface says on which
// interface each was captured and Options.Annotations asks for the comments that were
// on it:
//
//	w, err := capture.NewWriter(file, capture.WriterOptions{Application: "wstap 1.2"})
//	…
//	err = w.Packet(p, set.Interface(p), "the response: 403 Forbidden")
//	…
//	err = w.Close() // which says whether all of it could be written
//
// OpenLive opens interfaces and returns a Live, which is a packet.Source, too. An
// interface that goes is an *InterfaceError in its Problems. What the kernel dropped
// is in Stats, and in Block.Missed.
//
// The formats are those of the drafts draft-ietf-opsawg-pcap and
// draft-ietf-opsawg-pcapng. Nothing here knows of TCP or HTTP.
package capture
