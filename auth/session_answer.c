#include "auth/session_answer.h"

#include "auth/rights.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_writer.h"

static void
flag_write(struct wire_text *out, struct str name, bool value)
{
	wire_text_append(out, STR(",\""));
	wire_text_append(out, name);
	wire_text_append(out, STR("\":"));
	wire_text_append(out, value ? STR("true") : STR("false"));
}

static void
text_write(struct wire_text *out, struct str name, struct str value)
{
	wire_text_append(out, STR(",\""));
	wire_text_append(out, name);
	wire_text_append(out, STR("\":"));
	json_put_string(out, value);
}

void
session_answer_write(const struct auth_method_ops *ops, bool guests,
    const struct principal *principal, struct wire_text *out)
{
	bool is_user = !str_is_empty(principal->user_id);

	wire_text_append(out, STR("{\"kind\":"));
	json_put_string(out, str_from(ops->name));
	if (is_user) {
		text_write(out, STR("user"), principal->user_id);
		text_write(out, STR("member_id"), principal->member_id);
	} else
		wire_text_append(out, STR(",\"user\":null"));
	if (principal->name.data != NULL)
		text_write(out, STR("name"), principal->name);
	wire_text_append(out, STR(",\"rights\":"));
	rights_write(principal->rights, out);
	flag_write(out, STR("guest"),
	    !is_user && ops->verify != NULL && principal->rights != 0);
	flag_write(out, STR("guests"), guests && ops->verify != NULL);
	flag_write(out, STR("login"), ops->login != NULL);
	if (principal->expires_at_ms > 0) {
		wire_text_append(out, STR(",\"expires_at\":"));
		json_put_signed(out, principal->expires_at_ms);
	}
	wire_text_append(out, STR("}\n"));
}
