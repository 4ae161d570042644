// Package openapi holds what is made from openapi.yaml: the document itself, its models and the interface of its server.
package openapi

import _ "embed" // for Document

// Document is openapi.yaml, as served. The file beside this one is a copy of the one at the root, which `make generate`
// brings up to date: what is embedded has to lie in the package's own directory.
//
//go:embed openapi.yaml
var Document []byte
