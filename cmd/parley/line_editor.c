#include "cmd/parley/line_editor.h"

#include <errno.h>
#include <event2/event.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "cmd/parley/completion.h"
#include "domain/base/count_of.h"

#define PROMPT_SIZE 128
#define HISTORY_SIZE 500

struct line_editor {
	struct event_base *base;
	EditLine *line;
	History *history;
	struct event *readable;
	struct event *signals[3];
	line_editor_complete *complete; /* NULL: nothing is completed */
	void *complete_arg;
	mbstate_t decoding;
	char prompt[PROMPT_SIZE];
	size_t entered; /* columns of the last entered line */
	size_t width;   /* of the terminal, as known to libedit */
	bool terminal;
	bool reading; /* a line is being edited */
	bool interrupted;
	bool stopped;
};

/* --- the terminal --------------------------------------------------------- */

static size_t
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* Unprintable characters are shown as two: ^A. */
static size_t
text_columns(const wchar_t *text, size_t len)
{
	size_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		int wide = wcwidth(text[i]);

		sum += wide < 0 ? 2 : (size_t)wide;
	}
	return sum;
}

static size_t
prompt_width(const struct line_editor *edit)
{
	wchar_t wide[PROMPT_SIZE];
	size_t len = mbstowcs(wide, edit->prompt, PROMPT_SIZE);

	return len == (size_t)-1 ? strlen(edit->prompt)
				 : text_columns(wide, len);
}

/* Moves up by `rows` and clears everything below. */
static void
terminal_clear_below(size_t rows)
{
	if (rows > 0)
		printf("\033[%zuA", rows);
	fputs("\r\033[J", stdout);
}

static void
line_clear(struct line_editor *edit)
{
	const LineInfoW *line = el_wline(edit->line);
	size_t before =
	    text_columns(line->buffer, (size_t)(line->cursor - line->buffer));

	terminal_clear_below((prompt_width(edit) + before) / edit->width);
}

static void
line_redraw(struct line_editor *edit)
{
	fflush(stdout);
	el_set(edit->line, EL_REFRESH);
}

void
line_editor_print(struct line_editor *edit, struct str lines)
{
	bool above = edit->terminal && edit->reading;

	if (lines.len == 0)
		return;
	if (above)
		line_clear(edit);
	fwrite(lines.data, 1, lines.len, stdout);
	fflush(stdout);
	if (above)
		line_redraw(edit);
}

void
line_editor_wipe(struct line_editor *edit)
{
	if (!edit->terminal)
		return;
	terminal_clear_below(edit->entered / edit->width + 1);
	fflush(stdout);
}

/* --- signals -------------------------------------------------------------- */

/*
 * Some terminals rewrap lines after a resize, others do not, so the start of
 * the line is unknown. A part of it may appear twice; output above it is never
 * cleared.
 */
static void
terminal_on_resize(struct line_editor *edit)
{
	edit->width = terminal_width();
	if (edit->reading)
		terminal_clear_below(0);
	fflush(stdout);
	el_resize(edit->line);
	if (edit->reading)
		line_redraw(edit);
}

/* After a stop (Ctrl-Z) the terminal has the settings of the shell. */
static void
terminal_on_resume(struct line_editor *edit)
{
	if (!edit->reading)
		return;
	el_set(edit->line, EL_PREP_TERM, 0);
	el_set(edit->line, EL_PREP_TERM, 1);
	line_redraw(edit);
}

static void
signal_cb(evutil_socket_t number, short what, void *arg)
{
	struct line_editor *edit = arg;

	(void)what;
	if (number == SIGINT)
		edit->interrupted = true;
	else if (edit->terminal && number == SIGWINCH)
		terminal_on_resize(edit);
	else if (edit->terminal && number == SIGCONT)
		terminal_on_resume(edit);
}

/* --- characters ----------------------------------------------------------- */

static void
terminal_readable_cb(evutil_socket_t fd, short what, void *arg)
{
	bool *readable = arg;

	(void)fd;
	(void)what;
	*readable = true;
}

/*
 * Runs the event loop until a byte is available; false: stop reading. Regular
 * files cannot be polled and are always readable.
 */
static bool
input_wait(struct line_editor *edit)
{
	bool readable = false;
	bool waits;

	event_assign(edit->readable, edit->base, STDIN_FILENO, EV_READ,
	    terminal_readable_cb, &readable);
	waits = event_add(edit->readable, NULL) == 0;
	while (!readable && !edit->interrupted && !edit->stopped) {
		event_base_loop(edit->base,
		    waits ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
		if (!waits)
			readable = true;
	}
	event_del(edit->readable);
	return !edit->interrupted && !edit->stopped;
}

/*
 * libedit calls this to wait for a key; the event loop runs meanwhile. Its own
 * non-blocking mode can split multi-byte keys.
 */
static int
input_next_character(EditLine *line, wchar_t *out)
{
	struct line_editor *edit;
	ssize_t got;
	char byte;

	el_get(line, EL_CLIENTDATA, &edit);
	while (input_wait(edit)) {
		got = read(STDIN_FILENO, &byte, 1);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got != 1)
			return 0;
		switch (mbrtowc(out, &byte, 1, &edit->decoding)) {
		case (size_t)-1: /* invalid in this character set */
			memset(&edit->decoding, 0, sizeof(edit->decoding));
			*out = L'?';
			return 1;
		case (size_t)-2:
			continue;
		default:
			return 1;
		}
	}
	return 0;
}

/* --- completion ----------------------------------------------------------- */

static void
choices_print(struct line_editor *edit, struct str choices)
{
	line_clear(edit);
	fwrite(choices.data, 1, choices.len, stdout);
	fputs("\n", stdout);
	line_redraw(edit);
}

static unsigned char
tab_cb(EditLine *line, int key)
{
	struct line_editor *edit;
	const LineInfo *info = el_line(line);
	struct completion_result result;

	(void)key;
	el_get(line, EL_CLIENTDATA, &edit);
	if (edit->complete == NULL)
		return CC_ERROR;
	edit->complete(edit->complete_arg,
	    str_slice(info->buffer, (size_t)(info->cursor - info->buffer)),
	    &result);
	if (result.choices.len > 0)
		choices_print(edit, result.choices);
	if (result.insert.len == 0)
		return result.choices.len > 0 ? CC_REFRESH : CC_ERROR;
	el_deletestr(line, (int)result.erase);
	/* It is NUL-terminated. */
	return el_insertstr(line, result.insert.data) == 0 ? CC_REFRESH
							   : CC_ERROR;
}

void
line_editor_on_tab(struct line_editor *edit, line_editor_complete *complete,
    void *arg)
{
	edit->complete = complete;
	edit->complete_arg = arg;
}

/* --- lines ---------------------------------------------------------------- */

static char *
prompt_get(EditLine *line)
{
	struct line_editor *edit;

	el_get(line, EL_CLIENTDATA, &edit);
	return edit->prompt;
}

void
line_editor_set_prompt(struct line_editor *edit, const char *prompt)
{
	bool above = edit->terminal && edit->reading;

	if (!edit->terminal)
		return; /* not a terminal: no prompt */
	if (above)
		line_clear(edit);
	snprintf(edit->prompt, sizeof(edit->prompt), "%s", prompt);
	if (above)
		line_redraw(edit);
}

static void
history_add(struct line_editor *edit, const char *text)
{
	HistEvent event;

	if (edit->terminal && text[0] != '\n')
		history(edit->history, &event, H_ENTER, text);
}

static enum line_editor_result
line_on_entered(struct line_editor *edit, const char *text, int count,
    struct str *line)
{
	const LineInfoW *wide = el_wline(edit->line);
	size_t len = (size_t)count;

	edit->entered =
	    prompt_width(edit) +
	    text_columns(wide->buffer, (size_t)(wide->lastchar - wide->buffer));
	history_add(edit, text);
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	*line = str_slice(text, len);
	return LINE_EDITOR_LINE;
}

/* The typed text stays on the screen, as in a shell. */
static enum line_editor_result
line_on_interrupt(struct line_editor *edit, struct str *line)
{
	const LineInfoW *wide = el_wline(edit->line);

	edit->interrupted = false;
	*line = str_slice("", (size_t)(wide->lastchar - wide->buffer));
	line->data = "";
	if (edit->terminal)
		fputs("^C\n", stdout);
	el_reset(edit->line);
	return LINE_EDITOR_INTERRUPT;
}

enum line_editor_result
line_editor_read(struct line_editor *edit, struct str *line)
{
	const char *text;
	int count = 0;

	*line = STR("");
	fflush(stdout);
	edit->reading = true;
	text = el_gets(edit->line, &count);
	edit->reading = false;
	if (edit->interrupted)
		return line_on_interrupt(edit, line);
	if (text != NULL && count > 0 && !edit->stopped)
		return line_on_entered(edit, text, count, line);
	if (edit->terminal)
		fputs("\n", stdout);
	return edit->stopped ? LINE_EDITOR_STOPPED : LINE_EDITOR_END;
}

void
line_editor_stop(struct line_editor *edit)
{
	edit->stopped = true;
}

/*
 * --- life cycle -----------------------------------------------------------
 */

/* Without a UTF-8 locale only ASCII could be typed. */
static void
locale_set_utf8(void)
{
	setlocale(LC_ALL, "");
	if (MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static bool
editline_open(struct line_editor *edit)
{
	HistEvent event;

	edit->history = history_init();
	edit->line = el_init("parley", stdin, stdout, stderr);
	if (edit->history == NULL || edit->line == NULL)
		return false;
	history(edit->history, &event, H_SETSIZE, HISTORY_SIZE);
	history(edit->history, &event, H_SETUNIQUE, 1);
	el_set(edit->line, EL_CLIENTDATA, edit);
	el_set(edit->line, EL_PROMPT, prompt_get);
	el_set(edit->line, EL_EDITOR, "emacs");
	el_set(edit->line, EL_HIST, history, edit->history);
	el_set(edit->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
	/* el_set() would leak copies of the names. */
	el_wset(edit->line, EL_ADDFN, L"complete", L"Complete a word", tab_cb);
	el_set(edit->line, EL_BIND, "^I", "complete", NULL);
	el_source(edit->line, NULL);
	el_wset(edit->line, EL_GETCFN, input_next_character);
	if (!edit->terminal)
		el_set(edit->line, EL_EDITMODE, 0);
	return true;
}

static bool
signals_watch(struct line_editor *edit)
{
	static const int numbers[] = { SIGINT, SIGWINCH, SIGCONT };

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		edit->signals[i] =
		    evsignal_new(edit->base, numbers[i], signal_cb, edit);
		if (edit->signals[i] == NULL ||
		    event_add(edit->signals[i], NULL) != 0)
			return false;
	}
	edit->readable = event_new(edit->base, STDIN_FILENO, EV_READ,
	    terminal_readable_cb, NULL);
	return edit->readable != NULL;
}

struct line_editor *
line_editor_create(struct event_base *base)
{
	struct line_editor *edit = calloc(1, sizeof(*edit));

	if (edit == NULL)
		return NULL;
	locale_set_utf8();
	edit->width = terminal_width();
	edit->base = base;
	edit->terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (editline_open(edit) && signals_watch(edit))
		return edit;
	line_editor_destroy(edit);
	return NULL;
}

void
line_editor_destroy(struct line_editor *edit)
{
	if (edit == NULL)
		return;
	for (size_t i = 0; i < sizeof(edit->signals) / sizeof(void *); i++)
		if (edit->signals[i] != NULL)
			event_free(edit->signals[i]);
	if (edit->readable != NULL)
		event_free(edit->readable);
	if (edit->line != NULL)
		el_end(edit->line);
	if (edit->history != NULL)
		history_end(edit->history);
	free(edit);
}
