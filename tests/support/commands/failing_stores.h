/* Stores whose calls fail when a fault is due. */
#ifndef TESTS_SUPPORT_COMMANDS_FAILING_STORES_H
#define TESTS_SUPPORT_COMMANDS_FAILING_STORES_H

#include "domain/attribute_store.h"
#include "domain/history.h"
#include "domain/member_store.h"
#include "domain/room_store.h"
#include "tests/support/commands/fault.h"

/*
 * A call that fails changes nothing; the others go to the store as before.
 * One store of each kind at a time.
 */
void failing_members(struct member_store *, struct fault *);
void failing_rooms(struct room_store *, struct fault *);
void failing_history(struct history *, struct fault *);
void failing_attributes(struct attribute_store *, struct fault *);

#endif
