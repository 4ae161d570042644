package api

import (
	"net/http"

	"peneira/internal/failure"
)

// problem is one row of the table of problems: what a failure's code means to those who meet it.
type problem struct {
	Code   string
	Status int
	Title  string
	// Meaning and Remedy are sentences for the page about the problem.
	Meaning, Remedy string
}

// Codes of the problems that this package finds itself.
const (
	codeRouteNotFound    = "route-not-found"
	codeProblemNotFound  = "problem-not-found"
	codeMethodNotAllowed = "method-not-allowed"
	codeMediaType        = "unsupported-media-type"
	codeEncoding         = "unsupported-encoding"
	codeMalformedGzip    = "malformed-gzip"
	codeIncompleteBody   = "incomplete-body"
	codeEmptyBody        = "empty-body"
	codeMalformedJSON    = "malformed-json"
	codeTooDeep          = "nested-too-deep"
	codeInvalidRequest   = "invalid-request"
	codeInvalidParameter = "invalid-parameter"
	codeDoesNotLoad      = "script-does-not-load"
	codeBodyTooLarge     = "body-too-large"
	codeInputTooLarge    = "input-too-large"
	codeNotReady         = "not-ready"
	codeOverloaded       = "overloaded"
	codeWrongHost        = "wrong-host"
	codeCrossOrigin      = "cross-origin"
	codeKeyNotValid      = "key-not-valid"
	codeScopeMissing     = "scope-missing"
	codeRateLimited      = "rate-limited"
	codeInFlight         = "too-many-in-flight"
)

// problems is the one table from the kind or code of a failure to its answer. The row of a code comes first; a failure
// whose code has none is answered with the row of its kind.
var problems = tableOf(append(partProblems,
	problem{
		string(failure.NotFound), http.StatusNotFound, "Not found",
		"What the address names is not there, or no longer.",
		"Check the address and the id in it.",
	},
	problem{
		codeRouteNotFound, http.StatusNotFound, "No such address",
		"The server has nothing at this address.",
		"Compare the address with the list in /swagger/; there is no slash at the end of an address.",
	},
	problem{
		"script-not-found", http.StatusNotFound, "Script not found",
		"No script has this id, or it was deleted. The executions of a deleted script stay readable.",
		"List the scripts with GET /api/scripts, or host the script first with POST /api/scripts.",
	},
	problem{
		"request-in-progress", http.StatusConflict, "The request is being carried out",
		"A request with the same Idempotency-Key has come and is not finished.",
		"Send the request again, with the same key, in a second.",
	},
	problem{
		"idempotency-key-reused", http.StatusUnprocessableEntity, "The idempotency key was used before",
		"A key stands for one request for 24 hours, and this one came with another body.",
		"Make a new key for each new request, and send the same key only with the same request.",
	},
	problem{
		"execution-ended", http.StatusConflict, "The execution has ended",
		"What is asked changes an execution, and this one is in a final state: completed, failed or cancelled.",
		"Read it as it is, or run its data again with POST /api/executions/{id}/rerun.",
	},
	problem{
		string(failure.Gone), http.StatusGone, "Gone",
		"What is asked for was there, and was removed for good.",
		"Do without it, or make it anew.",
	},
	problem{
		"input-removed", http.StatusGone, "The data was removed",
		"The data of the execution is past the retention of its script. The execution itself stays, without it.",
		"Post the data anew with POST /api/executions.",
	},
	problem{
		"version-not-found", http.StatusNotFound, "Version not found",
		"The script is there, but has no version of this number.",
		"Leave the version out to run the current one, or read the script to see its number.",
	},
	problem{
		"execution-not-found", http.StatusNotFound, "Execution not found",
		"No execution has this id, or it is older than the server keeps executions.",
		"Use the id or the Location header that the POST answered with.",
	},
	problem{
		codeProblemNotFound, http.StatusNotFound, "Problem not found",
		"There is no page about a problem of this name.",
		"Follow the type of a problem as it was answered.",
	},

	problem{
		string(failure.Invalid), http.StatusBadRequest, "The request is not valid",
		"The request cannot be carried out as it is written.",
		"Read the detail and the errors, change the request, and send it again.",
	},
	problem{
		codeInvalidRequest, http.StatusBadRequest, "The body is not what is expected",
		"The body is JSON, but a member of it is missing, not known, given twice or of the wrong type.",
		"The errors name each member. The schema of each body is in /openapi.yaml.",
	},
	problem{
		codeInvalidParameter, http.StatusBadRequest, "A parameter is not valid",
		"A part of the address, before or after the question mark, is not known or not of the right form.",
		"The errors name each parameter and what it must be.",
	},
	problem{
		codeEmptyBody, http.StatusBadRequest, "The body is empty",
		"The request needs a body, and came without one.",
		"Send a JSON object; the detail says which members it has.",
	},
	problem{
		codeIncompleteBody, http.StatusBadRequest, "The body is incomplete",
		"The connection brought less of the body than the request announced.",
		"Send the request again.",
	},
	problem{
		codeMalformedJSON, http.StatusBadRequest, "The body is not valid JSON",
		"The body breaks the rules of JSON (RFC 8259) or is not valid UTF-8.",
		"The errors give line and column of the first place that is wrong.",
	},
	problem{
		codeTooDeep, http.StatusBadRequest, "The JSON is nested too deep",
		"Arrays and objects may be nested 1000 deep, and these are nested deeper.",
		"Flatten the data before posting it.",
	},
	problem{
		codeMalformedGzip, http.StatusBadRequest, "The body is not valid gzip",
		"The body is announced as Content-Encoding: gzip, but does not inflate.",
		"Compress the whole body with gzip, or send it plain without the header.",
	},
	problem{
		"invalid-script", http.StatusBadRequest, "The script is not valid",
		"The name, content or description of the script is missing, too long, or holds what cannot be stored; or one of its limits, its retention or a path to redact is not as it may be.",
		"The errors name each member and what it may be.",
	},
	problem{
		codeDoesNotLoad, http.StatusBadRequest, "The script does not load",
		"The script does not compile, fails or takes too long while it is loaded, or defines no function process.",
		"The errors give line and column in the script's own source. It must define function process(data).",
	},

	problem{
		codeMethodNotAllowed, http.StatusMethodNotAllowed, "Method not allowed",
		"The address is right, but does not have this method.",
		"The Allow header lists the methods that it has.",
	},
	problem{
		codeMediaType, http.StatusUnsupportedMediaType, "Unsupported media type",
		"Bodies are JSON in UTF-8, and the request says that its body is something else, or does not say.",
		"Send the header Content-Type: application/json.",
	},
	problem{
		codeEncoding, http.StatusUnsupportedMediaType, "Unsupported encoding",
		"The body is compressed in a way that the server does not know.",
		"Send it plain, or with Content-Encoding: gzip.",
	},

	problem{
		string(failure.TooLarge), http.StatusRequestEntityTooLarge, "Too large",
		"The request is larger than the server takes.",
		"The detail names the limit. Send less at once.",
	},
	problem{
		codeBodyTooLarge, http.StatusRequestEntityTooLarge, "The body is too large",
		"The body, or what it inflates to, is larger than the server takes.",
		"The detail names the limit. Split the data, or ask the operator for a larger limit.",
	},
	problem{
		codeInputTooLarge, http.StatusRequestEntityTooLarge, "The data is too large",
		"The data for the script is larger than the server takes.",
		"The detail names the limit. Split the data, or ask the operator for a larger limit.",
	},

	problem{
		string(failure.Conflict), http.StatusConflict, "Conflict",
		"The request does not fit the state that things are in.",
		"Read that state again, and decide anew.",
	},
	problem{
		string(failure.Unauthorized), http.StatusUnauthorized, "Not signed in",
		"The request does not show who sends it.",
		"Send a valid key.",
	},
	problem{
		"not-signed-in", http.StatusUnauthorized, "A key is needed",
		"The request carries no key, and no session of a browser that is signed in.",
		"Send a key as Authorization: Bearer KEY or as X-API-Key, or sign in at /signin. Keys are made with peneira keys create.",
	},
	problem{
		codeKeyNotValid, http.StatusUnauthorized, "The key is not valid",
		"The key that the request carries is not known, was revoked, or has expired.",
		"Compare it with the one that was shown when it was made, or ask an administrator for a new one.",
	},
	problem{
		codeScopeMissing, http.StatusForbidden, "The key does not allow this",
		"The key is valid, but was not given the scope that this needs.",
		"Use a key that has the scope that the detail names, or sign in with one at /signin. Administrators make keys.",
	},
	problem{
		"invalid-key", http.StatusBadRequest, "The key cannot be made",
		"The name, scopes, limits or expiry of the key are not valid.",
		"The errors name each member and what it must be.",
	},
	problem{
		"key-not-found", http.StatusNotFound, "Key not found",
		"No key has this id.",
		"List the keys with GET /api/keys. The id is not the key itself.",
	},
	problem{
		codeRateLimited, http.StatusTooManyRequests, "Too many requests",
		"The key may send so many requests a second, and has sent them. RateLimit-Limit says how many.",
		"Wait as long as the header Retry-After says, and spread the requests.",
	},
	problem{
		codeInFlight, http.StatusTooManyRequests, "Too many executions in flight",
		"The key may have so many executions that wait or run, and has them.",
		"Wait until some have ended, or ask an administrator for a larger limit.",
	},
	problem{
		string(failure.Limited), http.StatusTooManyRequests, "Too many requests",
		"More requests came than are taken in this time.",
		"Wait as long as the header Retry-After says, and try again.",
	},
	problem{
		string(failure.Unavailable), http.StatusServiceUnavailable, "Not available now",
		"A part that the server needs is not there for the moment.",
		"Try again in a few seconds. GET /health with Accept: application/json says which part it is.",
	},
	problem{
		codeWrongHost, http.StatusMisdirectedRequest, "Wrong host",
		"The request names a host that may be somebody else's. A server that asks nobody for a key answers only to its own names, so that no web page can pass for it.",
		"Use the address that the server printed at its start, such as http://127.0.0.1:5000, or have the name added to PENEIRA_HOSTS.",
	},
	problem{
		codeCrossOrigin, http.StatusForbidden, "Cross-origin request",
		"A web page of another origin made the browser send this. Such requests may change nothing.",
		"Send the request from a program, or from a page of this server.",
	},
	problem{
		codeNotReady, http.StatusServiceUnavailable, "Not ready",
		"The server is starting, stopping, or has lost its database.",
		"Send requests to another process, or try again in a few seconds.",
	},
	problem{
		codeOverloaded, http.StatusServiceUnavailable, "The server is full",
		"The server holds as much data as it may at once, so that its memory lasts.",
		"Wait as long as the header Retry-After says, and send the request again.",
	},
	problem{
		string(failure.Internal), http.StatusInternalServerError, "Internal error",
		"Something went wrong on the server, and not through the request.",
		"Try again. If it stays, give the operator the request id: the server's log tells more under it.",
	},
)...)

func tableOf(rows ...problem) map[string]problem {
	table := make(map[string]problem, len(rows))
	for _, row := range rows {
		table[row.Code] = row
	}
	return table
}

// problemFor returns the row for a failure.
func problemFor(f *failure.Error) problem {
	if row, ok := problems[f.Code]; ok {
		return row
	}
	if row, ok := problems[string(f.Kind)]; ok {
		return row
	}
	return problems[string(failure.Internal)]
}
