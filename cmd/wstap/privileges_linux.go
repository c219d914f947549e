package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"

	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// identity is whom to go on as.
type identity struct {
	name   string
	uid    int
	gid    int
	groups []int // supplementary
}

// dropPrivileges gives up for good, in every thread, what was needed to open the
// interfaces. Root becomes the user who is named; without a name the one who called
// sudo, or who called a binary that is setuid root; else it stays. Whoever is not root
// loses the capabilities that the binary's file gave. It returns whom the run goes on
// as, or "" when nothing changed.
func dropPrivileges(name string) (string, error) {
	if os.Geteuid() != 0 {
		if name != "" {
			return "", usage("run it with sudo, or leave --user out", "--user %s: only root can become another user", name)
		}
		return "", dropCapabilities()
	}
	who, err := successor(name)
	if err != nil || who == nil {
		return "", err
	}
	if err := who.become(); err != nil {
		return "", fmt.Errorf("privileges could not be dropped to %s: %w", who.name, err)
	}
	return fmt.Sprintf("%s (uid %d)", who.name, who.uid), nil
}

// successor returns whom root is to become; nil: nobody else.
func successor(name string) (*identity, error) {
	var who *identity
	var err error
	uid, sudo := os.LookupEnv("SUDO_UID")
	switch {
	case name != "":
		if who, err = lookUp(name); err != nil {
			return nil, usage("name a user of this machine, or root to stay root", "--user %s: %w", name, err)
		}
	case os.Getuid() != 0:
		uid = strconv.Itoa(os.Getuid())
		fallthrough
	case sudo:
		if who, err = lookUp(uid); err == nil {
			break
		}
		// A user that no list of users knows, as in a container.
		who = &identity{name: "uid " + uid}
		gid := os.Getenv("SUDO_GID")
		if os.Getuid() != 0 {
			gid = strconv.Itoa(os.Getgid())
		}
		var err1, err2 error
		who.uid, err1 = strconv.Atoi(uid)
		who.gid, err2 = strconv.Atoi(gid)
		if err := errors.Join(err1, err2); err != nil || who.uid < 0 || who.gid < 0 {
			return nil, usage("give --user", "SUDO_UID %q and SUDO_GID %q name no user", uid, gid)
		}
	}
	if who == nil || who.uid == 0 {
		return nil, nil
	}
	return who, nil
}

// lookUp finds a user of this machine by name or number.
func lookUp(name string) (*identity, error) {
	u, err := user.Lookup(name)
	if err != nil {
		byNumber, err2 := user.LookupId(name)
		if err2 != nil {
			return nil, err
		}
		u = byNumber
	}
	who := &identity{name: u.Username}
	if who.uid, err = strconv.Atoi(u.Uid); err != nil {
		return nil, err
	}
	if who.gid, err = strconv.Atoi(u.Gid); err != nil {
		return nil, err
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		n, err := strconv.Atoi(g)
		if err != nil {
			return nil, err
		}
		who.groups = append(who.groups, n)
	}
	return who, nil
}

// become changes user, groups and capabilities of all threads, and makes sure of it.
func (who *identity) become() error {
	if err := cap.SetGroups(who.gid, who.groups...); err != nil {
		return err
	}
	// This keeps the capabilities, for the sake of which they are dropped after it.
	if err := cap.SetUID(who.uid); err != nil {
		return err
	}
	if err := dropCapabilities(); err != nil {
		return err
	}
	if os.Getuid() != who.uid || os.Geteuid() != who.uid || os.Getgid() != who.gid || os.Getegid() != who.gid {
		return errors.New("the system did not change the user")
	}
	if cap.SetUID(0) == nil {
		return errors.New("the system would give root back")
	}
	return nil
}

// dropCapabilities clears the capabilities of all threads, and makes sure of it.
func dropCapabilities() error {
	none := cap.NewSet()
	if err := none.SetProc(); err != nil {
		return fmt.Errorf("capabilities could not be dropped: %w", err)
	}
	if differ, err := cap.GetProc().Cf(none); err != nil || differ != 0 {
		return errors.New("capabilities could not be dropped: the system kept them")
	}
	return nil
}
