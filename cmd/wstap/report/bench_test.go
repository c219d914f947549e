package report

import (
	"io"
	"testing"
)

// BenchmarkForms measures what one row costs in each form, secrets redacted.
func BenchmarkForms(b *testing.B) {
	for _, format := range Formats() {
		b.Run(format, func(b *testing.B) {
			o := Options{Format: format}
			if format == "fields" {
				o.Fields = []string{"time", "http.host", "http.status"}
			}
			form, err := New(io.Discard, o)
			if err != nil {
				b.Fatal(err)
			}
			rows := samples()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := form.Attempt(rows[i%len(rows)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
