#include "auth/session_answer.h"

#include "auth/rights.h"
#include "wire/json/json_fields.h"

void
session_answer_write(const struct auth_method_ops *ops, bool guests,
    const struct principal *principal, struct wire_text *out)
{
	bool is_user = !str_is_empty(principal->user_id);

	json_field_string(out, STR("{\"kind\":"), str_from(ops->name));
	if (is_user) {
		json_field_string(out, STR(",\"user\":"), principal->user_id);
		json_field_string(out, STR(",\"member_id\":"),
		    principal->member_id);
	} else
		wire_text_append(out, STR(",\"user\":null"));
	json_field_optional(out, STR(",\"name\":"), principal->name);
	wire_text_append(out, STR(",\"rights\":"));
	rights_write(principal->rights, out);
	json_field_boolean(out, STR(",\"guest\":"),
	    !is_user && ops->verify != NULL && principal->rights != 0);
	json_field_boolean(out, STR(",\"guests\":"),
	    guests && ops->verify != NULL);
	json_field_boolean(out, STR(",\"login\":"), ops->login != NULL);
	if (principal->expires_at_ms > 0)
		json_field_signed(out, STR(",\"expires_at\":"),
		    principal->expires_at_ms);
	wire_text_append(out, STR("}\n"));
}
