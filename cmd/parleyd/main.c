/* parleyd: the chat server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/parleyd/app.h"
#include "cmd/parleyd/ctl_tool.h"
#include "cmd/parleyd/doctor/doctor.h"
#include "cmd/parleyd/health_tool.h"
#include "cmd/parleyd/options/options.h"
#include "cmd/parleyd/platform.h"
#include "cmd/parleyd/store_tool/store_tool.h"
#include "cmd/parleyd/token_tool.h"
#include "cmd/parleyd/user_tool.h"

int
main(int argc, char **argv, char **envp)
{
	struct options_sources sources = { argc, argv, envp };
	struct options_error error;
	struct options options;

	log_set_sink(stderr_log, LOG_INFO);
	if (argc > 1 && strcmp(argv[1], "store") == 0) {
		stderr_log_set_format(LOG_FORMAT_TEXT);
		return store_tool_run(argc - 2, argv + 2, stdout);
	}
	if (argc > 1 && strcmp(argv[1], "token") == 0) {
		stderr_log_set_format(LOG_FORMAT_TEXT);
		return token_tool_run(argc - 2, argv + 2, stdout);
	}
	if (argc > 1 && strcmp(argv[1], "user") == 0) {
		stderr_log_set_format(LOG_FORMAT_TEXT);
		return user_tool_run(argc - 2, argv + 2, stdin, stdout);
	}
	if (argc > 1 && strcmp(argv[1], "doctor") == 0) {
		stderr_log_set_format(LOG_FORMAT_TEXT);
		return doctor_run(argc, argv, envp, stdout);
	}
	if (argc > 1 && strcmp(argv[1], "ctl") == 0)
		return ctl_tool_run(argc - 2, argv + 2, stdout);
	if (argc > 1 && strcmp(argv[1], "health") == 0)
		return health_tool_run(argc, argv, envp, stdout);
	if (!options_load(&options, &sources, &error)) {
		fprintf(stderr, "parleyd: %s\n", error.text);
		return error.exit_code;
	}
	if (options.action != OPTIONS_RUN) {
		options_answer(&options, stdout);
		return EXIT_SUCCESS;
	}
	stderr_log_set_format(options.log_format);
	if (options_listen_as_preset(&options))
		log_info("only this machine can connect; to accept others: "
			 "--listen :8080 or PARLEY_LISTEN=:8080");
	return app_run(&options, &sources);
}
