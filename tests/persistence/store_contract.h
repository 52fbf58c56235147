/*
 * The contract of all stores: test_members.c, test_rooms.c and test_history.c
 * run with each kind in this table.
 */
#ifndef TESTS_PERSISTENCE_STORE_CONTRACT_H
#define TESTS_PERSISTENCE_STORE_CONTRACT_H

#include "domain/history.h"
#include "domain/member_store.h"
#include "domain/room_store.h"
#include "tests/suite.h"

/* How to make empty stores of a kind. */
struct store_kind {
	const char *name;
	struct member_store *(*members)(void);
	struct room_store *(*rooms)(void);
	/* The limits are borrowed and may be changed in between. */
	struct history *(*history)(const struct history_limits *);
};

#define STORE_KINDS 2
extern const struct store_kind store_kinds[STORE_KINDS];

/* In the test, store_kinds[_i] is the kind to be tested. */
#define ADD_FOR_EACH_KIND(tests, test) \
	tcase_add_loop_test(tests, test, 0, STORE_KINDS)

#endif
