//go:build !linux

package main

// dropPrivileges fails where it is asked for: only on Linux is it known how.
func dropPrivileges(name string) (string, error) {
	if name == "" || name == "root" {
		return "", nil
	}
	return "", usage("", "--user %s: this works on Linux only", name)
}
