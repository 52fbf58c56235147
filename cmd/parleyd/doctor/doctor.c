#include "cmd/parleyd/doctor/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/parley/handshake.h"
#include "cmd/parleyd/doctor/checks.h"

static const char usage[] =
    "parleyd doctor: check this machine and a configuration for a server\n"
    "\n"
    "Usage: parleyd doctor [--json] [--url URL [--wait SECONDS]] [OPTION]...\n"
    "\n"
    "Run it as the user of the server, with the options and the environment\n"
    "of the server: parleyd doctor --config /etc/parley.conf. It checks\n"
    "options, files, addresses, certificates, limits of the system, memory,\n"
    "the clock and the disk; it changes nothing, and a server may run.\n"
    "\n"
    "  --url URL       connect to a running server as clients do, through its\n"
    "                  proxies: wss://chat.example.org/ws\n"
    "  --wait SECONDS  how long that connection stays idle (60)\n"
    "  --token TOKEN   for that connection\n"
    "  --ca FILE       authorities for its certificate\n"
    "  --json          {\"severity\", \"findings\": [{\"check\", "
    "\"severity\",\n"
    "                  \"text\", \"remedy\"}]}\n"
    "\n"
    "Exit status: 0 nothing is wrong, 1 warnings, 2 errors, 64 wrong usage.\n";

#define WAIT_S 60
#define WAIT_MOST_S 86400

struct doctor_args {
	struct doctor doctor;
	const char *wait;
	bool json;
	bool help;
	int argc; /* what is left for the server */
	char **argv;
};

/* The value of a flag, "--url X" or "--url=X"; NULL: another flag. */
static char *
doctor_flag_value(const char *flag, int *i, int argc, char *const *argv)
{
	size_t len = strlen(flag);

	if (strncmp(argv[*i], flag, len) != 0)
		return NULL;
	if (argv[*i][len] == '=')
		return argv[*i] + len + 1;
	if (argv[*i][len] != '\0' || *i + 1 == argc)
		return NULL;
	return argv[++*i];
}

/* Takes our own flags; others are the server's. */
static void
args_take(struct doctor_args *args, int argc, char *const *argv)
{
	struct doctor *doctor = &args->doctor;
	const struct {
		const char *flag;
		const char **value;
	} flags[] = {
		{ "--url", &doctor->url },
		{ "--wait", &args->wait },
		{ "--token", &doctor->token },
		{ "--ca", &doctor->ca },
	};

	args->argv[args->argc++] = argv[0];
	for (int i = 2; i < argc; i++) {
		char *value = NULL;
		size_t k = 0;

		while (k < COUNT_OF(flags) &&
		       (value = doctor_flag_value(flags[k].flag, &i, argc,
			    argv)) == NULL)
			k++;
		if (value != NULL)
			*flags[k].value = value;
		else if (strcmp(argv[i], "--json") == 0)
			args->json = true;
		else if (strcmp(argv[i], "--help") == 0)
			args->help = true;
		else
			args->argv[args->argc++] = argv[i];
	}
	args->argv[args->argc] = NULL;
}

/* Why the flags are not usable; NULL: they are. */
static const char *
args_fault(struct doctor_args *args)
{
	struct doctor *doctor = &args->doctor;
	char *end = NULL;
	long seconds;

	doctor->wait_s = WAIT_S;
	if (args->wait != NULL) {
		seconds = strtol(args->wait, &end, 10);
		if (end == args->wait || *end != '\0' || seconds < 0 ||
		    seconds > WAIT_MOST_S)
			return "--wait takes seconds, 0 to 86400";
		doctor->wait_s = (int)seconds;
	}
	if (doctor->url == NULL &&
	    (args->wait != NULL || doctor->token != NULL))
		return "--wait and --token need --url";
	return doctor->token == NULL || handshake_token_is_valid(doctor->token)
		   ? NULL
		   : "--token is not a token";
}

/* The file of options, as the options have it. */
static const char *
config_file(struct doctor_args *args)
{
	const char *value = getenv("PARLEY_CONFIG");

	for (int i = 1; i < args->argc; i++) {
		char *given =
		    doctor_flag_value("--config", &i, args->argc, args->argv);

		if (given != NULL)
			value = given;
	}
	return value;
}

static const struct {
	const char *name;
	void (*run)(struct doctor *);
} checks[] = {
#define X(name) { #name, check_##name },
	DOCTOR_CHECKS(X)
#undef X
};

/* Without options the others have nothing to go by. */
static void
doctor_check_all(struct doctor_args *args, char *const *envp)
{
	struct options_sources sources = { args->argc, args->argv, envp };
	struct doctor *doctor = &args->doctor;
	struct findings *findings = &doctor->findings;
	struct options_error error;
	struct options options;

	findings->check = "options";
	doctor->config = config_file(args);
	if (options_load(&options, &sources, &error)) {
		finding_add(findings, FINDING_OK, "all are valid");
		doctor->options = &options;
		for (size_t i = 0; i < COUNT_OF(checks); i++) {
			findings->check = checks[i].name;
			checks[i].run(doctor);
		}
	} else {
		finding_add(findings, FINDING_ERROR, "%s", error.text);
		finding_set_remedy(findings,
		    "parleyd --help has all options; what depends on them is "
		    "not checked");
	}
	findings->check = "url";
	if (doctor->url != NULL)
		check_url(doctor);
}

int
doctor_run(int argc, char *const *argv, char *const *envp, FILE *out)
{
	static const int statuses[] = {
		[FINDING_OK] = EXIT_SUCCESS,
		[FINDING_WARNING] = 1,
		[FINDING_ERROR] = 2,
	};
	struct doctor_args args = { .doctor.proc = "/proc" };
	const char *fault;
	int status = EX_USAGE;

	args.argv = calloc((size_t)argc + 1, sizeof(*args.argv));
	if (args.argv == NULL)
		return EX_OSERR;
	args_take(&args, argc, argv);
	fault = args_fault(&args);
	if (args.help) {
		fputs(usage, out);
		status = EXIT_SUCCESS;
	} else if (fault != NULL)
		fprintf(stderr, "parleyd: doctor: %s\n", fault);
	else {
		doctor_check_all(&args, envp);
		(args.json ? findings_print_json
			   : findings_print)(&args.doctor.findings, out);
		status = statuses[findings_worst(&args.doctor.findings)];
	}
	findings_fini(&args.doctor.findings);
	free(args.argv);
	return status;
}
