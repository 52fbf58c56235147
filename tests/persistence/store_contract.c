#include "tests/persistence/store_contract.h"

#include "persistence/memory_history.h"
#include "persistence/memory_members.h"
#include "persistence/memory_rooms.h"

const struct store_kind store_kinds[STORE_KINDS] = {
	{ "memory", memory_members_create, memory_rooms_create,
	    memory_history_create },
};
