package main

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// checkCompose loads the file with every profile, as `docker compose` does without any variable set.
func checkCompose(path string) error {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithProfiles([]string{"*"}), cli.WithResolvedPaths(true))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	var found findings
	for _, service := range project.Services {
		checkService(&found, service)
		checkMounts(&found, service)
	}
	return found.err()
}

// checkService holds every service to limits, no new privileges, a pinned image, published ports on this machine alone and
// secrets that are not in its environment.
func checkService(found *findings, s types.ServiceConfig) {
	if _, tag, _ := strings.Cut(s.Image, ":"); tag == "" || tag == "latest" {
		found.add("%s: the image %q has no version", s.Name, s.Image)
	}
	if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 ||
		s.Deploy.Resources.Limits.NanoCPUs == 0 || s.Deploy.Resources.Limits.Pids == 0 {
		found.add("%s: it needs limits of cpus, memory and pids", s.Name)
	}
	if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		found.add("%s: it may gain privileges: security_opt no-new-privileges:true is missing", s.Name)
	}
	for _, option := range s.SecurityOpt {
		if profile, ok := strings.CutPrefix(option, "seccomp:"); ok {
			if err := checkSeccomp(profile); err != nil {
				found.add("%s: %v", s.Name, err)
			}
		}
	}
	if s.HealthCheck == nil && s.Build == nil { // what is built has its own
		found.add("%s: it has no healthcheck", s.Name)
	}
	for _, p := range s.Ports {
		if p.HostIP != "127.0.0.1" {
			found.add("%s: port %s is open to other machines", s.Name, p.Published)
		}
	}
	for name, value := range s.Environment {
		if strings.Contains(name, "PASSWORD") && !strings.HasSuffix(name, "_FILE") && value != nil {
			found.add("%s: %s is a secret in the environment: use a file", s.Name, name)
		}
	}
}

// checkMounts sees to it that what is mounted from this directory is there.
func checkMounts(found *findings, s types.ServiceConfig) {
	for _, volume := range s.Volumes {
		if volume.Type != types.VolumeTypeBind {
			continue
		}
		if _, err := os.Stat(volume.Source); err != nil {
			found.add("%s: %v", s.Name, err)
		}
		if !volume.ReadOnly {
			found.add("%s: it may write to %s", s.Name, volume.Source)
		}
	}
}
