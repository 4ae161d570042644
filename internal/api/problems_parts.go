package api

import "net/http"

// partProblems are the rows for parts of the service that are not there, each with what brings it back.
var partProblems = []problem{
	{
		"database-unavailable", http.StatusServiceUnavailable, "The database is not available",
		"The server cannot reach its database for the moment.",
		"Try again in a few seconds.",
	},
	{
		"backup-pending", http.StatusServiceUnavailable, "The backup is not finished",
		"The backup goes on, but took longer than a request may wait, no worker is there to make it, or the server that was asked stops.",
		"See how it stands in /riverui. When it has not begun, start a worker.",
	},
	{
		"sandbox-busy", http.StatusServiceUnavailable, "Every sandbox is busy",
		"Scripts that run or are checked keep every sandbox busy, so a script could not be checked in time.",
		"Wait as long as the header Retry-After says, and try again. If it stays, add workers or sandboxes.",
	},
	{
		"sandbox-unavailable", http.StatusServiceUnavailable, "No sandbox is available",
		"Scripts cannot be checked for the moment: no sandbox is free or can be started.",
		"Try again in a few seconds.",
	},
	{
		"sandbox-starting", http.StatusServiceUnavailable, "No sandbox is ready yet",
		"The server has just started, and so have its sandboxes.",
		"Try again in a moment.",
	},
	{
		"sandbox-closed", http.StatusServiceUnavailable, "The server is stopping",
		"No script is checked or begun any more.",
		"Send requests to another process, or try again once it has started anew.",
	},
	{
		"sandbox-unprotected", http.StatusServiceUnavailable, "The sandbox is not protected",
		"The server is told to run scripts only where the system grants every protection, and it does not.",
		"The operator finds on /health what is missing, and mends the machine or sets PENEIRA_SANDBOX_REQUIRE=best-effort.",
	},
	{
		"backup-programs-missing", http.StatusServiceUnavailable, "pg_dump is missing",
		"The worker that makes backups has no pg_dump and pg_restore that are as new as the server of the database.",
		"Install PostgreSQL's client programs of the version in the detail on the workers' machines, or set PG_BIN to their directory.",
	},
	{
		"backup-directory-unusable", http.StatusServiceUnavailable, "The backup directory cannot be used",
		"The worker that makes backups cannot write to the directory that they go to.",
		"See that the directory in the detail can be written to by the service, and has room.",
	},
	{
		"backup-failed", http.StatusServiceUnavailable, "The backup failed",
		"pg_dump or pg_restore ended with an error. Nothing was kept of the backup; earlier ones are as they were.",
		"Read the reason in the detail, mend it, and ask for a backup again.",
	},
	{
		"log-unreadable", http.StatusServiceUnavailable, "A log cannot be read",
		"The backup of the logs met one that the service may not read.",
		"Let the service read the file in the detail, or move it out of the directory of the logs.",
	},
	{
		"backup-upload-failed", http.StatusServiceUnavailable, "The backup was not copied",
		"The backup was made and is kept, but its copy did not reach the bucket.",
		"Read the reason in the detail, mend it, and ask for a backup again.",
	},
	{
		"bucket-cleanup-failed", http.StatusServiceUnavailable, "Old copies could not be removed",
		"The bucket that copies of backups go to could not be read, or did not let old copies be removed.",
		"Read the reason in the detail, and see that the bucket and its key are as the settings say.",
	},
	{
		"backup-removed", http.StatusServiceUnavailable, "The backup was taken away",
		"Its job was removed from the queue while the request waited for it.",
		"Ask for a backup again.",
	},
}
