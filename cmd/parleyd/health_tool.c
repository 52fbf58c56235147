#include "cmd/parleyd/health_tool.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/parleyd/ctl_request.h"
#include "cmd/parleyd/listen_file.h"
#include "cmd/parleyd/options/options.h"

static const char usage[] =
    "parleyd health: ask a server of this machine whether it is ready\n"
    "\n"
    "Usage: parleyd health [--url URL] [OPTION]...\n"
    "\n"
    "Asks /readyz at URL, http://host:port or unix:/path; without it at the\n"
    "first address of --listen, PARLEY_LISTEN or the file of options that has\n"
    "neither TLS nor PROXY headers.\n"
    "\n"
    "Exit status: 0 it is ready, 1 it is not, 64 not understood, 69 no "
    "server,\n"
    "78 the options are wrong.\n";

/* The URL of a listener for plain HTTP; false: there is none. */
static bool
listener_url(const struct options *options, char *out, size_t size)
{
	const struct listen_list *list = &options->listeners;
	char host[LISTEN_HOST_SIZE];

	for (size_t i = 0; i < list->count; i++) {
		const struct server_listen *at = &list->at[i];

		if (at->tls || at->proxy ||
		    address_passed_name(&at->address) != NULL)
			continue;
		snprintf(out, size, "%s%s",
		    listen_host(&at->address, host) ? "http://" : "", host);
		return true;
	}
	return false;
}

int
health_tool_run(int argc, char *const *argv, char *const *envp, FILE *out)
{
	/* argv[1] is "health": the options follow it. */
	struct options_sources sources = { argc - 1, argv + 1, envp };
	struct ctl_request request = { .method = "GET" };
	char url[LISTEN_HOST_SIZE + 8];
	struct ctl ctl = { .tool = "health", .key = "", .out = out };
	struct options_error error;
	struct options options;

	if (argc == 3 && strcmp(argv[2], "--help") == 0) {
		fputs(usage, out);
		return EXIT_SUCCESS;
	}
	if (argc == 4 && strcmp(argv[2], "--url") == 0)
		ctl.url = argv[3];
	else if (!options_load(&options, &sources, &error)) {
		fprintf(stderr, "parleyd: health: %s\n", error.text);
		return error.exit_code;
	} else if (listener_url(&options, url, sizeof(url)))
		ctl.url = url;
	else
		return ctl_error_print(&ctl, EX_USAGE,
		    "no address without TLS and PROXY headers: ", "--url URL");
	if (!ctl_read_url(&ctl))
		return EX_USAGE;
	ctl_request_add(&request, "/readyz");
	return ctl_request_run(&ctl, &request);
}
