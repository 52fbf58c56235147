/* What happens in a life, as chance has it. */
#include "tests/persistence/crash/life.h"
#include "tests/persistence/crash/report.h"

static unsigned
any_room(struct life *life)
{
	return (unsigned)chance_below(&life->chance, ROOMS);
}

/* Whether it was taken. */
static bool
is_taken(const struct life *life, enum chat_error error)
{
	if (error != CHAT_OK && !life->may_fail)
		violation("it is refused: %s", chat_error_word(error));
	return error == CHAT_OK;
}

static void
life_create_room(struct life *life, unsigned place)
{
	unsigned number = model_next_life(&life->model);
	struct room room;
	uint64_t lsn;

	speech_room(&room, place, number);
	if (is_taken(life, life->kind->make_room(life->subject, &room, &lsn)))
		model_make_room(&life->model, place, number, room.epoch, lsn);
}

static void
life_remove_room(struct life *life, unsigned place)
{
	struct room room;
	uint64_t lsn;

	speech_room(&room, place, 1);
	if (is_taken(life, life->kind->remove_room(life->subject,
			       str_from(room.id), &lsn)))
		model_remove_room(&life->model, place, lsn);
}

static void
make_or_remove(struct life *life)
{
	unsigned place = any_room(life);

	if (model_room(&life->model, place)->life == 0)
		life_create_room(life, place);
	else if (!life->may_fail)
		life_remove_room(life, place);
}

static void
life_write_message(struct life *life)
{
	unsigned place = any_room(life);
	const struct print *room = model_room(&life->model, place);
	struct speech speech;
	struct room names;
	unsigned n;
	uint64_t lsn;

	if (room->life == 0 || room->last + 1 >= SEQ_MOST) {
		make_or_remove(life);
		return;
	}
	n = model_next_message(&life->model);
	speech_make(&speech, n);
	speech_room(&names, place, room->life);
	speech.message.seq = room->last + 1;
	if (!is_taken(life, life->kind->message_write(life->subject,
				str_from(names.id), &speech.message, &lsn)))
		return;
	if (speech.message.seq != room->last + 1)
		violation("room%u: another number than the next", place);
	model_message_write(&life->model, place, n, lsn);
}

/* Whether something was sent that is not acknowledged yet. */
static bool
is_waiting(const struct life *life)
{
	return life->model.reported != life->model.now;
}

/* Each kind is as frequent, of as many members as it may be. */
static unsigned
choose_room_mark(struct life *life)
{
	unsigned kind = (unsigned)chance_below(&life->chance, 5);

	if (kind < 2)
		return kind;
	return 2 + (kind - 2) * MARK_SUBJECTS +
	       (unsigned)chance_below(&life->chance, MARK_SUBJECTS);
}

/* Chooses what to set: of the room, or of one of the messages it keeps. */
static unsigned
choose_mark(struct life *life, const struct print *room, uint64_t *seq)
{
	size_t kept = room->last < KEPT ? (size_t)room->last : KEPT;
	size_t lot = chance_below(&life->chance, 100);

	*seq = 0;
	if (kept == 0 || lot < 40)
		return choose_room_mark(life);
	*seq = room->last - chance_below(&life->chance, kept);
	if (lot < 55)
		return MARK_REDACTION;
	if (lot < 75)
		return MARK_EDIT;
	return 2 + (unsigned)chance_below(&life->chance, MESSAGE_MARKS - 2);
}

/*
 * A message that is not acknowledged, or is redacted, has no attributes; then
 * being refused is no surprise.
 */
static void
life_set_attribute(struct life *life)
{
	unsigned place = any_room(life);
	const struct print *room = model_room(&life->model, place);
	static struct speech_mark mark;
	struct room names;
	enum chat_error error;
	unsigned which, n;
	uint64_t seq, lsn;

	if (room->life == 0)
		return;
	which = choose_mark(life, room, &seq);
	n = model_next_message(&life->model);
	speech_mark_make(&mark, seq, which, n);
	if ((seq == 0 || which > MARK_EDIT) &&
	    chance_below(&life->chance, 4) == 0) {
		mark.attribute.value = STR_ABSENT;
		n = 0;
	}
	speech_room(&names, place, room->life);
	error = life->kind->set_attribute(life->subject, str_from(names.id),
	    &mark.attribute, &lsn);
	if (error == CHAT_MESSAGE_NOT_FOUND &&
	    (is_waiting(life) ||
		room->messages[seq % KEPT].marks[MARK_REDACTION] != 0))
		return;
	if (is_taken(life, error))
		model_set_mark(&life->model, place, seq, which, n, lsn);
}

static void
set_some(struct life *life)
{
	size_t count = 1 + chance_below(&life->chance, 4);

	for (size_t i = 0; i < count; i++)
		life_set_attribute(life);
}

/*
 * Who is not sure whether it arrived sends it again, with the same key. What
 * failed may have pushed the oldest out before it was taken back.
 */
static void
life_repeat_message(struct life *life)
{
	unsigned place = any_room(life);
	const struct print *room = model_room(&life->model, place);
	size_t kept = room->last < KEPT ? (size_t)room->last : KEPT;
	struct speech speech;
	struct room names;
	uint64_t seq, found;

	if (life->kind->find == NULL || room->life == 0 || kept == 0)
		return;
	seq = room->last - chance_below(&life->chance, kept);
	speech_make(&speech, life->model.lives[room->life - 1]->numbers[seq]);
	if (speech.message.key.len == 0)
		return;
	speech_room(&names, place, room->life);
	found = life->kind->find(life->subject, str_from(names.id),
	    speech.message.key);
	if (found != seq && (found != 0 || !life->may_fail))
		violation("room%u: a retry would be stored again", place);
}

static void
post_some(struct life *life)
{
	size_t count = 1 + chance_below(&life->chance, 5);

	for (size_t i = 0; i < count; i++)
		life_write_message(life);
}

static void
life_step(struct life *life)
{
	life->kind->step(life->subject);
	life_receive(life);
}

/* What was acknowledged before is synced by then, if the policy syncs. */
static void
life_wait(struct life *life)
{
	life_settle(life);
	memory_disk_advance(life->memory, 2 * life->options.sync_interval_ms);
	life_settle(life);
	if (life->options.sync == STORE_SYNC_INTERVAL)
		life_sync(life);
}

static void
life_reopen(struct life *life)
{
	life_close(life);
	(void)life_open(life);
}

static void
life_crash_any(struct life *life)
{
	enum crash_shape shape =
	    (enum crash_shape)chance_below(&life->chance, CRASH_SHAPES);

	(void)life_crash(life, shape, chance_next(&life->chance));
}

static void
life_act(struct life *life)
{
	size_t lot = chance_below(&life->chance, 100);

	if (lot < 35)
		post_some(life);
	else if (lot < 50)
		set_some(life);
	else if (lot < 65)
		life_step(life);
	else if (lot < 80)
		life_settle(life);
	else if (lot < 84)
		make_or_remove(life);
	else if (lot < 87)
		life_repeat_message(life);
	else if (lot < 94)
		life_wait(life);
	else if (lot < 97)
		life_reopen(life);
	else
		life_crash_any(life);
}

void
life_go_on(struct life *life, unsigned steps)
{
	for (unsigned i = 0; i < steps && life->subject != NULL; i++)
		life_act(life);
}
