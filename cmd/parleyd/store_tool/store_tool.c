#include "cmd/parleyd/store_tool/store_tool.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "cmd/parleyd/store_tool/store_print.h"
#include "cmd/parleyd/store_tool/store_stats.h"
#include "domain/base/count_of.h"

static const char usage[] =
    "parleyd store: look into a file store while no server has it open\n"
    "\n"
    "Usage: parleyd store check DIR\n"
    "       parleyd store stats DIR\n"
    "       parleyd store dump [--room ROOM] DIR\n"
    "       parleyd store repair DIR\n"
    "\n"
    "  check    read everything; say what is unfinished, damaged or lost\n"
    "  stats    how much there is, in which rooms\n"
    "  dump     every record, one JSON object in a line\n"
    "  repair   copy DIR to DIR.before-repair-1 (or -2, ...), then mend it as\n"
    "           the start of a server would\n"
    "\n"
    "Only repair writes. Exit status: 0 the store is whole, 1 its end is\n"
    "unfinished (as after a crash: nothing is lost), 2 it is damaged, 3 it\n"
    "cannot be read, 4 a server has it open, 74 not all could be printed. Of\n"
    "repair, 0: it is whole now.\n";

struct errand {
	const char *word;
	const char *dir;
	const char *room; /* dump: of this one only; NULL: of all */
	FILE *out;
};

static void
finding_print(const struct recovery_finding *finding, void *arg)
{
	const struct errand *errand = arg;

	store_print_finding(errand->out, finding);
}

static void
error_print(const struct errand *errand, const char *what)
{
	fprintf(stderr, "parleyd: store %s: %s: %s\n", errand->word,
	    errand->dir, what);
}

/* Not made if it is not there. NULL: that was said. */
static struct disk *
disk_open_dir(const struct errand *errand)
{
	struct stat status;

	if (stat(errand->dir, &status) != 0) {
		error_print(errand, strerror(errno));
		return NULL;
	}
	if (!S_ISDIR(status.st_mode)) {
		error_print(errand, strerror(ENOTDIR));
		return NULL;
	}
	return system_disk_open(errand->dir);
}

static int
status_report(const struct errand *errand, enum inspect_status end,
    const struct inspection *inspection)
{
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		error_print(errand, inspection->why);
	return (int)end;
}

/* --- check, stats, dump --------------------------------------------------- */

static int
store_read(const struct errand *errand, const struct inspector *inspector,
    struct inspection *inspection)
{
	struct disk *disk = disk_open_dir(errand);
	enum inspect_status end;

	if (disk == NULL)
		return INSPECT_UNREADABLE;
	end = inspect_read(disk, inspector, inspection);
	disk_destroy(disk);
	return status_report(errand, end, inspection);
}

static int
check_run(struct errand *errand)
{
	struct inspector inspector = { .found = finding_print, .arg = errand };
	struct inspection inspection;
	int status = store_read(errand, &inspector, &inspection);

	if (status <= INSPECT_DAMAGED)
		fprintf(errand->out,
		    "%s: %" PRIu64 " records, next LSN %" PRIu64 ", %" PRIu64
		    " records lost\n",
		    status == INSPECT_WHOLE  ? "whole"
		    : status == INSPECT_TORN ? "torn tail"
					     : "damaged",
		    inspection.result.records, inspection.result.next_lsn,
		    inspection.result.lost_records);
	return status;
}

static int
stats_run(struct errand *errand)
{
	struct inspection inspection;
	struct store_stats counted;
	struct inspector inspector;
	int status;

	store_stats_init(&counted);
	inspector = store_stats_inspector(&counted);
	status = store_read(errand, &inspector, &inspection);
	if (status <= INSPECT_DAMAGED) {
		store_print_figures(errand->out, &inspection.result);
		store_stats_print(&counted, errand->out);
	}
	store_stats_fini(&counted);
	return status;
}

static bool
room_is_wanted(const struct errand *errand, struct str room)
{
	return errand->room == NULL || str_equal(room, str_from(errand->room));
}

static void
dump_room(const struct room *room, uint64_t lsn, void *arg)
{
	const struct errand *errand = arg;

	if (room_is_wanted(errand, str_from(room->id)))
		store_print_room(errand->out, room, lsn);
}

static void
dump_room_gone(struct str room, uint64_t lsn, void *arg)
{
	const struct errand *errand = arg;

	if (room_is_wanted(errand, room))
		store_print_room_gone(errand->out, room, lsn);
}

static void
dump_message(struct str room, const struct message *message, uint64_t lsn,
    void *arg)
{
	const struct errand *errand = arg;

	if (room_is_wanted(errand, room))
		store_print_message(errand->out, room, message, lsn);
}

static void
dump_trim(struct str room, uint64_t seq, uint64_t lsn, void *arg)
{
	const struct errand *errand = arg;

	if (room_is_wanted(errand, room))
		store_print_trim(errand->out, room, seq, lsn);
}

static int
dump_run(struct errand *errand)
{
	struct inspector inspector = { .room = dump_room,
		.room_gone = dump_room_gone,
		.message = dump_message,
		.trim = dump_trim,
		.arg = errand };
	struct inspection inspection;

	return store_read(errand, &inspector, &inspection);
}

/* --- repair --------------------------------------------------------------- */

/* The first name that is free; beside the directory, also if that is `.`. */
static bool
copy_find_name(const struct errand *errand, char out[PATH_MAX])
{
	char dir[PATH_MAX];
	struct stat status;

	if (realpath(errand->dir, dir) == NULL)
		return false;
	for (unsigned n = 1;; n++) {
		int used =
		    snprintf(out, PATH_MAX, "%s.before-repair-%u", dir, n);

		if (used >= PATH_MAX)
			return false;
		if (stat(out, &status) != 0)
			return errno == ENOENT;
	}
}

static bool
store_copy(const struct errand *errand, struct disk *disk)
{
	char path[PATH_MAX];
	struct disk *to;
	int error;

	if (!copy_find_name(errand, path)) {
		error_print(errand, "there is no name for a copy");
		return false;
	}
	to = system_disk_open(path);
	if (to == NULL)
		return false;
	error = inspect_copy(disk, to);
	disk_destroy(to);
	if (error != 0)
		error_print(errand, strerror(error));
	else
		fprintf(errand->out, "copied to %s\n", path);
	return error == 0;
}

static int
store_repair(struct errand *errand, struct disk *disk)
{
	struct inspector inspector = { .found = finding_print, .arg = errand };
	struct inspection inspection;
	enum inspect_status end;

	end = inspect_read(disk, &(struct inspector){ 0 }, &inspection);
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		return status_report(errand, end, &inspection);
	if (!store_copy(errand, disk))
		return INSPECT_UNREADABLE;
	end = inspect_repair(disk, &inspector, &inspection);
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		return status_report(errand, end, &inspection);
	fprintf(errand->out,
	    "repaired: %" PRIu64 " records lost, %" PRIu64 " bytes cut\n",
	    inspection.result.lost_records, inspection.result.torn_bytes);
	return INSPECT_WHOLE;
}

static int
repair_run(struct errand *errand)
{
	struct disk *disk = disk_open_dir(errand);
	int status;

	if (disk == NULL)
		return INSPECT_UNREADABLE;
	status = store_repair(errand, disk);
	disk_destroy(disk);
	return status;
}

/* --- what was asked for --------------------------------------------------- */

static const struct {
	const char *word;
	int (*run)(struct errand *);
	bool takes_room;
} verbs[] = {
	{ "check", check_run, false },
	{ "stats", stats_run, false },
	{ "dump", dump_run, true },
	{ "repair", repair_run, false },
};

/* False: there is something in it that has no place there. */
static bool
arguments_read(struct errand *errand, int argc, char *const *argv,
    bool takes_room)
{
	for (int i = 1; i < argc; i++) {
		if (takes_room && strcmp(argv[i], "--room") == 0 &&
		    i + 1 < argc)
			errand->room = argv[++i];
		else if (argv[i][0] == '-' || errand->dir != NULL)
			return false;
		else
			errand->dir = argv[i];
	}
	return errand->dir != NULL;
}

/* A dump that ends early is not to be taken for a whole one. */
static int
output_finish(const struct errand *errand, int status)
{
	if (fflush(errand->out) == 0 && !ferror(errand->out))
		return status;
	fprintf(stderr, "parleyd: store %s: not all could be printed\n",
	    errand->word);
	return EX_IOERR;
}

static bool
help_is_wanted(int argc, char *const *argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

int
store_tool_run(int argc, char *const *argv, FILE *out)
{
	struct errand errand = { .out = out };

	if (help_is_wanted(argc, argv)) {
		fputs(usage, out);
		return 0;
	}
	for (size_t i = 0; argc > 0 && i < COUNT_OF(verbs); i++) {
		errand.word = verbs[i].word;
		if (strcmp(argv[0], verbs[i].word) == 0 &&
		    arguments_read(&errand, argc, argv, verbs[i].takes_room))
			return output_finish(&errand, verbs[i].run(&errand));
	}
	fputs("parleyd: store check|stats|dump|repair DIR; see parleyd store "
	      "--help\n",
	    stderr);
	return EX_USAGE;
}
