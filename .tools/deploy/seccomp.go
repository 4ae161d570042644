package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
)

// profile is a seccomp profile in the form of container engines.
type profile struct {
	DefaultAction   string `json:"defaultAction"`
	DefaultErrnoRet int    `json:"defaultErrnoRet"`
	ArchMap         []struct {
		Architecture     string   `json:"architecture"`
		SubArchitectures []string `json:"subArchitectures"`
	} `json:"archMap"`
	Syscalls []struct {
		Comment  string   `json:"comment"`
		Names    []string `json:"names"`
		Action   string   `json:"action"`
		ErrnoRet int      `json:"errnoRet"`
		Args     []struct {
			Index uint   `json:"index"`
			Value uint64 `json:"value"`
			Op    string `json:"op"`
		} `json:"args"`
	} `json:"syscalls"`
}

// What the sandbox needs to lock itself down, and what no container needs.
var (
	needed    = []string{"clone", "seccomp", "prctl", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
	dangerous = []string{
		"add_key", "bpf", "clone3", "delete_module", "finit_module", "init_module", "io_uring_setup", "kexec_load", "keyctl", "mount",
		"open_by_handle_at", "perf_event_open", "pivot_root", "process_vm_readv", "process_vm_writev", "ptrace", "reboot",
		"request_key", "setns", "swapon", "umount2", "unshare", "userfaultfd",
	}
)

// checkSeccomp reads the profile strictly: what it does not name must be refused, what a sandbox needs allowed.
func checkSeccomp(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var p profile
	if err := decoder.Decode(&p); err != nil {
		return err
	}
	var found findings
	if p.DefaultAction != "SCMP_ACT_ERRNO" {
		found.add("what it does not name is not refused: %s", p.DefaultAction)
	}
	var allowed []string
	for _, rule := range p.Syscalls {
		if rule.Action != "SCMP_ACT_ALLOW" {
			continue
		}
		for _, name := range rule.Names {
			if len(rule.Args) == 0 && slices.Contains(allowed, name) {
				found.add("%s is named twice", name)
			}
			allowed = append(allowed, name)
		}
	}
	for _, name := range needed {
		if !slices.Contains(allowed, name) {
			found.add("a sandbox cannot lock itself down without %s", name)
		}
	}
	for _, name := range dangerous {
		if slices.Contains(allowed, name) {
			found.add("%s is allowed", name)
		}
	}
	return found.err()
}
