/* Unfinished messages that another process goes on with. */

#include "domain/base/pack.h"
#include "transport/net/input_buffer.h"
#include "transport/ws/ws_message.h"

static struct str
reader_held(const struct input_buffer *buffer)
{
	return buffer == NULL ? STR("") : str_slice(buffer->data, buffer->len);
}

void
ws_reader_pack(const struct ws_reader *reader, struct packer *packer)
{
	struct ws_reader plain = *reader;

	plain.message = plain.control = NULL;
	pack_value(packer, &plain, sizeof(plain));
	pack_text(packer, reader_held(reader->message));
	pack_text(packer, reader_held(reader->control));
}

bool
ws_reader_unpack(struct ws_reader *reader,
    const struct ws_reader_limits *limits, struct unpacker *from)
{
	struct str message, control;

	unpack_value(from, reader, sizeof(*reader));
	message = unpack_text(from);
	control = unpack_text(from);
	if (!from->failed &&
	    input_buffer_append(&reader->message, message.data, message.len, 0,
		limits->buffered) &&
	    input_buffer_append(&reader->control, control.data, control.len, 0,
		limits->buffered) &&
	    ws_reader_is_busy(reader))
		return true;
	from->failed = true;
	return false;
}
