#include "cmd/parleyd/password_prompt.h"

#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_SIZE 2048

/* NULL: the line is in `line`, without its newline. */
static const char *
line_read(FILE *in, char line[LINE_SIZE])
{
	size_t len;

	if (fgets(line, LINE_SIZE, in) == NULL)
		return "no password was given";
	len = strlen(line);
	if (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	return len + 1 < LINE_SIZE ? NULL : "the password is too long";
}

static const char *
line_ask(FILE *in, const char *prompt, char line[LINE_SIZE])
{
	struct termios before, silent;
	bool is_terminal = tcgetattr(fileno(in), &before) == 0;
	const char *problem;

	if (is_terminal) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		silent.c_lflag |= ECHONL;
		tcsetattr(fileno(in), TCSAFLUSH, &silent);
		fputs(prompt, stderr);
	}
	problem = line_read(in, line);
	if (is_terminal)
		tcsetattr(fileno(in), TCSAFLUSH, &before);
	return problem;
}

/* Of UTF-8; bytes that are not count as one each. */
static size_t
chars_count(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static const char *
passwords_check(const char *first, const char *second, size_t size)
{
	if (strcmp(first, second) != 0)
		return "the passwords differ";
	if (chars_count(first) < PASSWORD_CHARS_MIN)
		return "the password is too short: it needs 8 characters";
	return strlen(first) < size ? NULL : "the password is too long";
}

const char *
password_prompt_twice(FILE *in, char *out, size_t size)
{
	char first[LINE_SIZE], second[LINE_SIZE];
	const char *problem = line_ask(in, "Password: ", first);

	if (problem == NULL)
		problem = line_ask(in, "Again: ", second);
	if (problem == NULL)
		problem = passwords_check(first, second, size);
	if (problem == NULL)
		memcpy(out, first, strlen(first) + 1);
	explicit_bzero(first, sizeof(first));
	explicit_bzero(second, sizeof(second));
	return problem;
}
