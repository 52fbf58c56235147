#include "cmd/parley/chat_files.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/parley/sanitize.h"
#include "cmd/parley/transfer.h"
#include "domain/text/file_name.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_writer.h"

static void chat_files_notice(const struct chat_files *, const char *format,
    ...) __attribute__((format(printf, 2, 3)));

static void
chat_files_notice(const struct chat_files *files, const char *format, ...)
{
	char text[PATH_MAX + 512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	files->ops->notice(files->arg, text);
}

/* --- what happens to a transfer ------------------------------------------- */

static void
chat_files_progress(void *arg, unsigned percent)
{
	struct chat_files *files = arg;

	files->percent = percent;
	files->ops->status_changed(files->arg);
}

static void
upload_share(const struct chat_files *files, struct str answer)
{
	struct wire_text message;

	wire_text_init(&message);
	wire_text_append(&message, STR("{\"file\":"));
	wire_text_append(&message, answer);
	wire_text_append(&message, STR("}"));
	if (message.failed)
		chat_files_notice(files, "%s is not shared: no memory",
		    files->name);
	else
		files->ops->uploaded(files->arg,
		    files->room[0] == '\0' ? STR_ABSENT : str_from(files->room),
		    str_slice(message.data, message.len));
	wire_text_fini(&message);
}

static void
chat_files_end(void *arg, const char *error, struct str result)
{
	struct chat_files *files = arg;

	if (error != NULL)
		chat_files_notice(files, "%s was not %s: %s", files->name,
		    files->is_upload ? "sent" : "saved", error);
	else if (files->is_upload)
		upload_share(files, result);
	else
		chat_files_notice(files, "saved as %.*s", (int)result.len,
		    result.data);
	transfer_destroy(files->transfer);
	files->transfer = NULL;
	files->ops->status_changed(files->arg);
}

static const struct transfer_ops chat_transfer_ops = {
	.on_progress = chat_files_progress,
	.on_end = chat_files_end,
};

static struct transfer_config
chat_transfer_config(struct chat_files *files)
{
	const struct subcommand *mode = files->mode;

	return (struct transfer_config){
		.base = mode->base,
		.url = &mode->args->url,
		.tls = mode->tls,
		.token = mode->token,
		.ops = &chat_transfer_ops,
		.arg = files,
	};
}

/* --- commands ------------------------------------------------------------- */

/* False: the reason was shown to the user. */
static bool
path_copy(const struct chat_files *files, struct str path, char out[PATH_MAX])
{
	if (files->transfer != NULL)
		chat_files_notice(files, "%s is still under way", files->name);
	else if (path.len >= PATH_MAX)
		chat_files_notice(files, "the path is too long");
	else {
		*str_put(out, path) = '\0';
		return true;
	}
	return false;
}

static void
chat_files_begun(struct chat_files *files, struct transfer *transfer,
    bool is_upload, const char *why)
{
	files->transfer = transfer;
	files->is_upload = is_upload;
	files->percent = 0;
	if (transfer == NULL)
		chat_files_notice(files, "%s was not %s: %s", files->name,
		    is_upload ? "sent" : "saved", why);
	else
		files->ops->status_changed(files->arg);
}

void
chat_files_send(struct chat_files *files, struct str path, struct str room)
{
	struct transfer_config config = chat_transfer_config(files);
	char copy[PATH_MAX], why[256];

	if (!path_copy(files, path, copy))
		return;
	file_name_sanitize(path, files->name, sizeof(files->name));
	files->room[0] = '\0';
	if (room.len < sizeof(files->room))
		*str_put(files->room, room) = '\0';
	chat_files_begun(files, transfer_send(&config, copy, why, sizeof(why)),
	    true, why);
}

void
chat_files_get(struct chat_files *files, struct str what, struct str path)
{
	struct transfer_config config = chat_transfer_config(files);
	struct shared_file file;
	char copy[PATH_MAX], why[256];

	if (!path_copy(files, path, copy))
		return;
	if (!shared_files_find(&files->shared, what, &file)) {
		chat_files_notice(files,
		    "no message has a file of this name or id");
		return;
	}
	memcpy(files->name, file.name, sizeof(files->name));
	chat_files_begun(files,
	    transfer_get(&config, file.target, copy, file.name, why,
		sizeof(why)),
	    false, why);
}

void
chat_files_status(const struct chat_files *files, struct wire_text *out)
{
	if (files->transfer == NULL)
		return;
	wire_text_append(out, STR("("));
	sanitize_line(out, str_from(files->name));
	wire_text_append(out, STR(" "));
	json_put_unsigned(out, files->percent);
	wire_text_append(out, STR(" %) "));
}

void
chat_files_init(struct chat_files *files, const struct subcommand *mode,
    const struct chat_files_ops *ops, void *arg)
{
	*files = (struct chat_files){ .mode = mode, .ops = ops, .arg = arg };
}

void
chat_files_fini(struct chat_files *files)
{
	transfer_destroy(files->transfer);
}
