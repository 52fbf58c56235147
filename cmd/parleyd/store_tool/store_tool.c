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
    "parleyd store: read or repair a file store while no server has it open\n"
    "\n"
    "Usage: parleyd store check DIR\n"
    "       parleyd store stats DIR\n"
    "       parleyd store rooms DIR\n"
    "       parleyd store dump [--room ROOM] DIR\n"
    "       parleyd store repair DIR\n"
    "       parleyd store delete-room DIR ROOM\n"
    "\n"
    "  check        read everything; report unfinished, damaged, lost records\n"
    "  stats        count records, rooms, messages and bytes\n"
    "  rooms        every room, one JSON object in a line\n"
    "  dump         every record, one JSON object in a line\n"
    "  repair       copy DIR to DIR.before-repair-1 (or -2, ...), then repair\n"
    "               DIR as the start of a server would\n"
    "  delete-room  remove a room and its messages (repairs DIR, too)\n"
    "\n"
    "Only repair and delete-room write. Exit status: 0 the store is whole, 1\n"
    "its end is unfinished (as after a crash: nothing is lost), 2 it is\n"
    "damaged, 3 it cannot be read or written, 4 a server has it open, 5 there\n"
    "is no such room, 74 not everything could be printed. Of repair and\n"
    "delete-room, 0: done, and the store is whole now.\n";

struct store_command {
	const char *word;
	const char *dir;
	const char *room; /* dump: only this one, NULL: all; delete-room */
	FILE *out;
};

static void
finding_print(const struct recovery_finding *finding, void *arg)
{
	const struct store_command *command = arg;

	store_print_finding(command->out, finding);
}

static void
error_print(const struct store_command *command, const char *what)
{
	fprintf(stderr, "parleyd: store %s: %s: %s\n", command->word,
	    command->dir, what);
}

/* Does not create the directory. NULL: an error was printed. */
static struct disk *
disk_open_dir(const struct store_command *command)
{
	struct stat status;

	if (stat(command->dir, &status) != 0) {
		error_print(command, strerror(errno));
		return NULL;
	}
	if (!S_ISDIR(status.st_mode)) {
		error_print(command, strerror(ENOTDIR));
		return NULL;
	}
	return system_disk_open(command->dir);
}

static int
status_report(const struct store_command *command, enum inspect_status end,
    const struct inspection *inspection)
{
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		error_print(command, inspection->why);
	return (int)end;
}

/* --- check, stats, dump --------------------------------------------------- */

static int
store_read(const struct store_command *command,
    const struct inspector *inspector, struct inspection *inspection)
{
	struct disk *disk = disk_open_dir(command);
	enum inspect_status end;

	if (disk == NULL)
		return INSPECT_UNREADABLE;
	end = inspect_read(disk, inspector, inspection);
	disk_destroy(disk);
	return status_report(command, end, inspection);
}

static int
check_run(struct store_command *command)
{
	struct inspector inspector = { .found = finding_print, .arg = command };
	struct inspection inspection;
	int status = store_read(command, &inspector, &inspection);

	if (status <= INSPECT_DAMAGED)
		fprintf(command->out,
		    "%s: %" PRIu64 " records, next LSN %" PRIu64 ", %" PRIu64
		    " records lost\n",
		    status == INSPECT_WHOLE  ? "whole"
		    : status == INSPECT_TORN ? "torn tail"
					     : "damaged",
		    inspection.result.records, inspection.result.next_lsn,
		    inspection.result.lost_records);
	return status;
}

/* store_read() that counts; the caller ends *counted, whatever the status. */
static int
store_read_stats(struct store_command *command, struct store_stats *counted,
    struct inspection *inspection)
{
	struct inspector inspector;

	store_stats_init(counted);
	inspector = store_stats_inspector(counted);
	return store_read(command, &inspector, inspection);
}

static int
stats_run(struct store_command *command)
{
	struct inspection inspection;
	struct store_stats counted;
	int status = store_read_stats(command, &counted, &inspection);

	if (status <= INSPECT_DAMAGED) {
		store_print_figures(command->out, &inspection.result);
		store_stats_print(&counted, command->out);
	}
	store_stats_fini(&counted);
	return status;
}

static int
rooms_print(struct store_command *command)
{
	struct inspection inspection;
	struct store_stats counted;
	int status = store_read_stats(command, &counted, &inspection);

	if (status <= INSPECT_DAMAGED && counted.is_incomplete) {
		error_print(command, "out of memory");
		status = INSPECT_UNREADABLE;
	} else if (status <= INSPECT_DAMAGED) {
		store_stats_print_rooms(&counted, command->out);
	}
	store_stats_fini(&counted);
	return status;
}

static bool
room_is_wanted(const struct store_command *command, struct str room)
{
	return command->room == NULL ||
	       str_equal(room, str_from(command->room));
}

static void
dump_room(const struct room *room, uint64_t lsn, void *arg)
{
	const struct store_command *command = arg;

	if (room_is_wanted(command, str_from(room->id)))
		store_print_room(command->out, room, lsn);
}

static void
dump_room_gone(struct str room, uint64_t lsn, void *arg)
{
	const struct store_command *command = arg;

	if (room_is_wanted(command, room))
		store_print_room_gone(command->out, room, lsn);
}

static void
dump_message(struct str room, const struct message *message, uint64_t lsn,
    void *arg)
{
	const struct store_command *command = arg;

	if (room_is_wanted(command, room))
		store_print_message(command->out, room, message, lsn);
}

static void
dump_attribute(struct str room, const struct attribute *attribute, uint64_t lsn,
    void *arg)
{
	const struct store_command *command = arg;

	if (room_is_wanted(command, room))
		store_print_attribute(command->out, room, attribute, lsn);
}

static void
dump_trim(struct str room, uint64_t seq, uint64_t lsn, void *arg)
{
	const struct store_command *command = arg;

	if (room_is_wanted(command, room))
		store_print_trim(command->out, room, seq, lsn);
}

static int
dump_run(struct store_command *command)
{
	struct inspector inspector = { .room = dump_room,
		.room_gone = dump_room_gone,
		.message = dump_message,
		.attribute = dump_attribute,
		.trim = dump_trim,
		.arg = command };
	struct inspection inspection;

	return store_read(command, &inspector, &inspection);
}

/* --- repair --------------------------------------------------------------- */

/* The first free name beside the directory, even if that is given as `.`. */
static bool
copy_find_name(const struct store_command *command, char out[PATH_MAX])
{
	char dir[PATH_MAX];
	struct stat status;

	if (realpath(command->dir, dir) == NULL)
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
store_copy(const struct store_command *command, struct disk *disk)
{
	char path[PATH_MAX];
	struct disk *to;
	int error;

	if (!copy_find_name(command, path)) {
		error_print(command, "no name is free for a copy");
		return false;
	}
	to = system_disk_open(path);
	if (to == NULL)
		return false;
	error = inspect_copy(disk, to);
	disk_destroy(to);
	if (error != 0)
		error_print(command, strerror(error));
	else
		fprintf(command->out, "copied to %s\n", path);
	return error == 0;
}

static int
store_repair(struct store_command *command, struct disk *disk)
{
	struct inspector inspector = { .found = finding_print, .arg = command };
	struct inspection inspection;
	enum inspect_status end;

	end = inspect_read(disk, &(struct inspector){ 0 }, &inspection);
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		return status_report(command, end, &inspection);
	if (!store_copy(command, disk))
		return INSPECT_UNREADABLE;
	end = inspect_repair(disk, &inspector, &inspection);
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		return status_report(command, end, &inspection);
	fprintf(command->out,
	    "repaired: %" PRIu64 " records lost, %" PRIu64 " bytes cut\n",
	    inspection.result.lost_records, inspection.result.torn_bytes);
	return INSPECT_WHOLE;
}

static int
repair_print(struct store_command *command)
{
	struct disk *disk = disk_open_dir(command);
	int status;

	if (disk == NULL)
		return INSPECT_UNREADABLE;
	status = store_repair(command, disk);
	disk_destroy(disk);
	return status;
}

/* --- delete-room ---------------------------------------------------------- */

static int
delete_room_run(struct store_command *command)
{
	struct disk *disk = disk_open_dir(command);
	struct inspection inspection;
	enum inspect_status status;

	if (disk == NULL)
		return INSPECT_UNREADABLE;
	status =
	    inspect_delete_room(disk, str_from(command->room), &inspection);
	disk_destroy(disk);
	if (status == INSPECT_NO_ROOM)
		error_print(command, "there is no such room");
	if (status > INSPECT_DAMAGED)
		return status_report(command, status, &inspection);
	fprintf(command->out, "deleted room %s\n", command->room);
	return INSPECT_WHOLE;
}

/* --- the command line ----------------------------------------------------- */

enum room_argument {
	ROOM_NONE,
	ROOM_OPTION,  /* --room ROOM */
	ROOM_OPERAND, /* behind DIR */
};

static const struct {
	const char *word;
	int (*run)(struct store_command *);
	enum room_argument room;
} verbs[] = {
	{ "check", check_run, ROOM_NONE },
	{ "stats", stats_run, ROOM_NONE },
	{ "rooms", rooms_print, ROOM_NONE },
	{ "dump", dump_run, ROOM_OPTION },
	{ "repair", repair_print, ROOM_NONE },
	{ "delete-room", delete_room_run, ROOM_OPERAND },
};

/* False: an argument is missing, or is not understood. */
static bool
arguments_read(struct store_command *command, int argc, char *const *argv,
    enum room_argument room)
{
	for (int i = 1; i < argc; i++) {
		if (room == ROOM_OPTION && strcmp(argv[i], "--room") == 0 &&
		    i + 1 < argc)
			command->room = argv[++i];
		else if (argv[i][0] == '-')
			return false;
		else if (command->dir == NULL)
			command->dir = argv[i];
		else if (room == ROOM_OPERAND && command->room == NULL)
			command->room = argv[i];
		else
			return false;
	}
	return command->dir != NULL &&
	       (room != ROOM_OPERAND || command->room != NULL);
}

/* A dump that ends early must not pass for a whole one. */
static int
output_finish(const struct store_command *command, int status)
{
	if (fflush(command->out) == 0 && !ferror(command->out))
		return status;
	fprintf(stderr, "parleyd: store %s: not everything could be printed\n",
	    command->word);
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
	struct store_command command = { .out = out };

	if (help_is_wanted(argc, argv)) {
		fputs(usage, out);
		return 0;
	}
	for (size_t i = 0; argc > 0 && i < COUNT_OF(verbs); i++) {
		command.word = verbs[i].word;
		if (strcmp(argv[0], verbs[i].word) == 0 &&
		    arguments_read(&command, argc, argv, verbs[i].room))
			return output_finish(&command, verbs[i].run(&command));
	}
	fputs(
	    "parleyd: store check|stats|rooms|dump|repair|delete-room DIR; see "
	    "parleyd store --help\n",
	    stderr);
	return EX_USAGE;
}
