package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v4"
)

// manifest is what the checks below read of an object.
type manifest struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Spec struct {
		Template struct {
			Metadata struct {
				Labels map[string]string `yaml:"labels"`
			} `yaml:"metadata"`
			Spec pod `yaml:"spec"`
		} `yaml:"template"`
		Selector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		} `yaml:"selector"`
	} `yaml:"spec"`
}

type pod struct {
	SecurityContext struct {
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
	} `yaml:"securityContext"`
	Containers []struct {
		Name            string `yaml:"name"`
		SecurityContext struct {
			ReadOnly  bool  `yaml:"readOnlyRootFilesystem"`
			Privilege *bool `yaml:"allowPrivilegeEscalation"`
		} `yaml:"securityContext"`
		Resources struct {
			Limits map[string]string `yaml:"limits"`
		} `yaml:"resources"`
		ReadinessProbe any `yaml:"readinessProbe"`
		VolumeMounts   []struct {
			Name string `yaml:"name"`
		} `yaml:"volumeMounts"`
	} `yaml:"containers"`
	Volumes []struct {
		Name string `yaml:"name"`
	} `yaml:"volumes"`
}

// checkKubernetes holds the example to what Dockerfile and compose.yaml promise. It knows no schema of Kubernetes.
func checkKubernetes(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var found findings
	for decoder := yaml.NewDecoder(file); ; {
		var m manifest
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if m.APIVersion == "" || m.Kind == "" || m.Metadata.Name == "" {
			found.add("an object without apiVersion, kind or name: %+v", m)
		}
		if m.Kind == "Deployment" {
			checkDeployment(&found, m)
		}
	}
	return found.err()
}

func checkDeployment(found *findings, m manifest) {
	template := m.Spec.Template
	for key, value := range m.Spec.Selector.MatchLabels {
		if template.Metadata.Labels[key] != value {
			found.add("%s: it selects %s=%s, which its pods are not", m.Metadata.Name, key, value)
		}
	}
	if !template.Spec.SecurityContext.RunAsNonRoot {
		found.add("%s: it may run as root", m.Metadata.Name)
	}
	volumes := map[string]bool{}
	for _, v := range template.Spec.Volumes {
		volumes[v.Name] = true
	}
	if len(template.Spec.Containers) == 0 {
		found.add("%s: it has no containers", m.Metadata.Name)
	}
	for _, c := range template.Spec.Containers {
		name := fmt.Sprintf("%s, %s", m.Metadata.Name, c.Name)
		if !c.SecurityContext.ReadOnly || c.SecurityContext.Privilege == nil || *c.SecurityContext.Privilege {
			found.add("%s: its root must be read-only and its privileges must not grow", name)
		}
		if c.Resources.Limits["memory"] == "" || c.ReadinessProbe == nil {
			found.add("%s: it needs a limit of memory and a readiness probe", name)
		}
		for _, mount := range c.VolumeMounts {
			if !volumes[mount.Name] {
				found.add("%s: there is no volume %s", name, mount.Name)
			}
		}
	}
}
