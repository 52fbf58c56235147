#include "cmd/parleyd/user_tool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/users_file.h"
#include "cmd/parleyd/password_prompt.h"
#include "domain/base/count_of.h"

static const char usage[] =
    "parleyd user: change the users of auth.kind = password\n"
    "\n"
    "Usage: parleyd user add --file FILE [--role ROLE] NAME\n"
    "       parleyd user passwd --file FILE NAME\n"
    "       parleyd user role --file FILE NAME ROLE\n"
    "       parleyd user lock|unlock|remove --file FILE NAME\n"
    "       parleyd user list --file FILE\n"
    "\n"
    "  add     add a user; FILE is made if there is none\n"
    "  passwd  change the password; log-ins with the old one end\n"
    "  role    user, moderator or admin\n"
    "  lock    refuse log-ins, and end those there are; unlock reverses it\n"
    "  remove  remove the user\n"
    "  list    every user: name, role, locked or active\n"
    "\n"
    "FILE is the server's auth.users; a running server notices the change.\n"
    "add and passwd ask twice for the password, or read two lines from\n"
    "standard input if that is no terminal.\n"
    "\n"
    "Exit status: 0 done, 64 wrong usage, 65 a password or name is not\n"
    "acceptable, or the user does not exist (add: exists already), 66 FILE\n"
    "cannot be read, 74 it cannot be written.\n";

struct user_command {
	const char *word;
	const char *file;
	const char *name;
	const char *role;
	FILE *in;
	FILE *out;
	struct users *users;
	struct password_hash password;
};

static int
user_error_print(const struct user_command *command, int status,
    const char *what, const char *why)
{
	fprintf(stderr, "parleyd: user %s: %s%s%s\n", command->word, what,
	    why[0] != '\0' ? ": " : "", why);
	return status;
}

/* --- what the actions do with the users ----------------------------------- */

static bool
user_command_role(const struct user_command *command, enum user_role *out)
{
	*out = USER_ROLE_USER;
	return command->role == NULL ||
	       (user_role_read(str_from(command->role), out) &&
		   *out != USER_ROLE_GUEST);
}

/* 0: it was read; else the exit status, an error was printed. */
static int
password_ask(struct user_command *command)
{
	char password[PASSWORD_BYTES_MAX + 1];
	const char *problem;
	int status = 0;

	problem =
	    password_prompt_twice(command->in, password, sizeof(password));
	if (problem != NULL)
		status = user_error_print(command, EX_DATAERR, problem, "");
	else if (!password_hash_compute(str_from(password), &command->password))
		status = user_error_print(command, EX_OSERR, "no memory", "");
	explicit_bzero(password, sizeof(password));
	return status;
}

static int
action_add(struct user_command *command)
{
	enum user_role role;
	enum users_result result;

	if (!user_command_role(command, &role))
		return user_error_print(command, EX_USAGE, command->role,
		    "expected the role user, moderator or admin");
	result = users_add(command->users, str_from(command->name), role,
	    &command->password, NULL);
	if (result != USERS_OK)
		return user_error_print(command, EX_DATAERR, command->name,
		    users_result_text(result));
	return 0;
}

static int
action_passwd(struct user_command *command, struct user *user)
{
	user->password = command->password;
	return 0;
}

static int
action_role(struct user_command *command, struct user *user)
{
	if (!user_command_role(command, &user->role))
		return user_error_print(command, EX_USAGE, command->role,
		    "expected the role user, moderator or admin");
	return 0;
}

static int
action_lock(struct user_command *command, struct user *user)
{
	(void)command;
	user->is_locked = true;
	return 0;
}

static int
action_unlock(struct user_command *command, struct user *user)
{
	(void)command;
	user->is_locked = false;
	return 0;
}

static int
action_remove(struct user_command *command, struct user *user)
{
	users_remove(command->users, user);
	return 0;
}

static int
action_list(struct user_command *command)
{
	for (size_t i = 0; i < users_count(command->users); i++) {
		const struct user *user = users_at(command->users, i);

		fprintf(command->out, "%s\t%s\t%s\n", user->name,
		    user_role_word(user->role).data,
		    user->is_locked ? "locked" : "active");
	}
	return fflush(command->out) == 0 ? 0 : EX_IOERR;
}

/* --- the file ------------------------------------------------------------- */

struct action {
	const char *word;
	/* One of the two; the second gets the user, who exists. */
	int (*run)(struct user_command *);
	int (*change)(struct user_command *, struct user *);
	bool takes_role; /* as its last argument */
	bool takes_password;
};

static const struct action actions[] = {
	{ "add", action_add, NULL, false, true },
	{ "passwd", NULL, action_passwd, false, true },
	{ "role", NULL, action_role, true, false },
	{ "lock", NULL, action_lock, false, false },
	{ "unlock", NULL, action_unlock, false, false },
	{ "remove", NULL, action_remove, false, false },
	{ "list", action_list, NULL, false, false },
};

static int
action_run(const struct action *action, struct user_command *command)
{
	struct user *user;

	if (action->run != NULL)
		return action->run(command);
	user = users_find(command->users, str_from(command->name));
	if (user == NULL)
		return user_error_print(command, EX_DATAERR, command->name,
		    "no such user");
	return action->change(command, user);
}

/* A file that does not exist has no users, for add. */
static bool
user_file_is_new(const struct user_command *command)
{
	return strcmp(command->word, "add") == 0 &&
	       access(command->file, F_OK) != 0 && errno == ENOENT;
}

static struct users *
users_open(const struct user_command *command, char *why, size_t size)
{
	if (user_file_is_new(command))
		return users_create();
	return users_file_read(command->file, NULL, why, size);
}

static int
action_run_on_file(const struct action *action, struct user_command *command,
    bool writes)
{
	char why[512] = "no memory";
	int status;

	command->users = users_open(command, why, sizeof(why));
	if (command->users == NULL)
		return user_error_print(command, EX_NOINPUT, why, "");
	status = action_run(action, command);
	if (status == 0 && writes &&
	    !users_file_write(command->file, command->users, why, sizeof(why)))
		status = user_error_print(command, EX_IOERR, why, "");
	users_destroy(command->users);
	return status;
}

static int
action_run_locked(const struct action *action, struct user_command *command)
{
	char why[512];
	int status, fd;

	/* No lock is left beside a file that there is not. */
	if (!user_file_is_new(command) && access(command->file, F_OK) != 0)
		return user_error_print(command, EX_NOINPUT, command->file,
		    strerror(errno));
	fd = users_file_lock(command->file, why, sizeof(why));
	if (fd < 0)
		return user_error_print(command, EX_IOERR, why, "");
	status = action_run_on_file(action, command, true);
	close(fd);
	return status;
}

/*
 * Whether it can be done is found out before a password is asked for, and again
 * afterwards: the file is not locked meanwhile.
 */
static int
action_run_with_password(const struct action *action,
    struct user_command *command)
{
	int status;

	command->password = password_hash_dummy();
	status = action_run_on_file(action, command, false);
	if (status == 0)
		status = password_ask(command);
	return status == 0 ? action_run_locked(action, command) : status;
}

/* --- arguments ------------------------------------------------------------ */

static const struct action *
action_find(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (strcmp(actions[i].word, word) == 0)
			return &actions[i];
	return NULL;
}

/* NULL: they were read; else what is wrong. */
static const char *
user_arguments_read(const struct action *action, struct user_command *command,
    int argc, char *const *argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--file") == 0 && i + 1 < argc)
			command->file = argv[++i];
		else if (strcmp(argv[i], "--role") == 0 && i + 1 < argc &&
			 action->run == action_add)
			command->role = argv[++i];
		else if (argv[i][0] == '-')
			return "unknown option, or missing value";
		else if (action->run == action_list)
			return "it takes no name";
		else if (command->name == NULL)
			command->name = argv[i];
		else if (action->takes_role && command->role == NULL)
			command->role = argv[i];
		else
			return "too many arguments";
	}
	if (command->file == NULL)
		return "--file FILE is missing";
	if (command->name == NULL && action->run != action_list)
		return "the name is missing";
	if (command->role == NULL && action->takes_role)
		return "the role is missing: user, moderator or admin";
	return NULL;
}

int
user_tool_run(int argc, char *const *argv, FILE *in, FILE *out)
{
	struct user_command command = { .in = in, .out = out };
	const struct action *action;
	const char *problem;

	if (argc > 0 && strcmp(argv[0], "--help") == 0) {
		fputs(usage, out);
		return EXIT_SUCCESS;
	}
	action = argc > 0 ? action_find(argv[0]) : NULL;
	if (action == NULL) {
		fputs("parleyd: user: expected add, passwd, role, lock, "
		      "unlock, remove or list; see parleyd user --help\n",
		    stderr);
		return EX_USAGE;
	}
	command.word = action->word;
	problem = user_arguments_read(action, &command, argc - 1, argv + 1);
	if (problem != NULL)
		return user_error_print(&command, EX_USAGE, problem,
		    "see parleyd user --help");
	if (action->run == action_list)
		return action_run_on_file(action, &command, false);
	if (action->takes_password)
		return action_run_with_password(action, &command);
	return action_run_locked(action, &command);
}
