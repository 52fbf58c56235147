/* Files that the options name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/parleyd/doctor/checks.h"

/* Nothing for an option that is not set. */
static void
file_check(struct doctor *doctor, const char *option, const char *path,
    bool is_secret)
{
	struct findings *findings = &doctor->findings;
	struct stat status;

	if (path[0] == '\0')
		return;
	if (stat(path, &status) != 0 || access(path, R_OK) != 0) {
		finding_add(findings, FINDING_ERROR, "%s %s: %s", option, path,
		    strerror(errno));
		finding_set_remedy(findings,
		    "the server needs to read it; run this as its user");
	} else if (is_secret && (status.st_mode & 077) != 0) {
		finding_add(findings, FINDING_WARNING,
		    "%s %s: others than its owner may open it", option, path);
		finding_set_remedy(findings, "chmod 600 %s", path);
	} else
		finding_add(findings, FINDING_OK, "%s %s", option, path);
}

bool
path_list_take(const char **list, char out[TLS_PATHS_SIZE])
{
	size_t len;

	*list += strspn(*list, " ,");
	len = strcspn(*list, ",");
	if (len == 0)
		return false;
	snprintf(out, TLS_PATHS_SIZE, "%.*s", (int)len, *list);
	*list += len;
	while (out[len - 1] == ' ')
		out[--len] = '\0';
	return true;
}

static void
file_list_check(struct doctor *doctor, const char *option, const char *list,
    bool is_secret)
{
	char path[TLS_PATHS_SIZE];

	while (path_list_take(&list, path))
		file_check(doctor, option, path, is_secret);
}

/* A file that the server makes there. */
static void
directory_check(struct doctor *doctor, const char *option, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[256];

	if (path[0] == '\0')
		return;
	snprintf(dir, sizeof(dir), "%.*s",
	    slash == NULL ? 1 : (int)(slash - path) + (slash == path),
	    slash == NULL ? "." : path);
	if (access(dir, W_OK | X_OK) == 0)
		return;
	finding_add(&doctor->findings, FINDING_ERROR, "%s %s: %s", option, path,
	    strerror(errno));
	finding_set_remedy(&doctor->findings,
	    "the server needs to create files in %s; run this as its user",
	    dir);
}

static void
socket_directories_check(struct doctor *doctor, const char *option,
    const struct listen_list *list)
{
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < list->count; i++) {
		if (list->at[i].address.storage.ss_family != AF_UNIX)
			continue;
		address_format(&list->at[i].address, text);
		directory_check(doctor, option, text + strlen("unix:"));
	}
}

void
check_paths(struct doctor *doctor)
{
	const struct options *options = doctor->options;

	if (doctor->config != NULL)
		file_check(doctor, "config", doctor->config, false);
	file_list_check(doctor, "tls.certificate", options->tls.certificate,
	    false);
	file_list_check(doctor, "tls.key", options->tls.key, true);
	file_check(doctor, "tls.client_ca", options->tls.client_ca, false);
	file_check(doctor, "auth.key", options->auth.key, false);
	file_check(doctor, "auth.users", options->auth.users, true);
	directory_check(doctor, "auth.users", options->auth.users);
	file_check(doctor, "auth.revoked", options->auth.revoked, false);
	file_check(doctor, "admin.key_file", options->admin.key_file, true);
	file_check(doctor, "hooks.secret_file", options->hooks.secret_file,
	    true);
	file_check(doctor, "hooks.ca", options->hooks.ca, false);
	file_check(doctor, "moderation.words", options->moderation.words,
	    false);
	directory_check(doctor, "listen_file", options->listen_file);
	socket_directories_check(doctor, "listen", &options->listeners);
	socket_directories_check(doctor, "admin.listen",
	    &options->admin.listeners);
}
