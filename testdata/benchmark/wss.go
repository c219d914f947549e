package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"wstap/testdata/benchgen/traffic"
)

// leastOfOpenSSL is how fast wstap has to read TLS with keys, as a part of what OpenSSL
// decrypts on one core.
const leastOfOpenSSL = 0.5

// readCommand reads a capture, with its keys where it has some.
func readCommand(wstap, file string) []string {
	command := []string{wstap, "read", "-T", "json", "--workers", "1"}
	if _, err := os.Stat(traffic.KeyFile(file)); !errors.Is(err, fs.ErrNotExist) {
		command = append(command, "--keylog", traffic.KeyFile(file))
	}
	return append(command, file)
}

// againstOpenSSL compares the rate at which TLS was read with what OpenSSL does with the
// same cipher, now, on this machine.
func againstOpenSSL(ctx context.Context, r *result, t *traffic.Truth) error {
	out, err := exec.CommandContext(ctx, "openssl", "speed", "-mr", "-evp", "aes-128-gcm", "-bytes", "16384", "-seconds", "2").Output()
	if err != nil {
		return fmt.Errorf("openssl speed: %w", err)
	}
	rate := 0.0
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); strings.HasPrefix(line, "+F:") {
			rate, err = strconv.ParseFloat(f[len(f)-1], 64)
		}
	}
	if err != nil || rate == 0 {
		return fmt.Errorf("openssl speed says %q", out)
	}
	ours := float64(t.Bytes) / medians(r.ours).wall.Seconds()
	fmt.Printf("%-6s wstap reads %.2f GB/s, openssl speed -evp aes-128-gcm -bytes 16384 makes %.2f GB/s: %.2f\n", t.Kind, ours/1e9, rate/1e9, ours/rate)
	if ours < leastOfOpenSSL*rate {
		return fmt.Errorf("wss: less than %.1f of what OpenSSL does", leastOfOpenSSL)
	}
	return nil
}
