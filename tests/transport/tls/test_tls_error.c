#include "transport/tls/tls_error.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/suite.h"

START_TEST(without_an_error_there_is_the_other_text)
{
	ck_assert_str_eq(tls_error_take("not usable"), "not usable");
	ck_assert_ptr_null(tls_error_take(NULL));
}
END_TEST

START_TEST(the_first_error_is_the_reason)
{
	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
	ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
	ck_assert_str_eq(tls_error_take(NULL), "wrong version number");
	ck_assert_ptr_null(tls_error_take(NULL));
}
END_TEST

START_TEST(an_error_of_the_system_has_its_own_text)
{
	ERR_raise(ERR_LIB_SYS, ENOENT);
	ck_assert_str_eq(tls_error_take(NULL), "No such file or directory");
}
END_TEST

SUITE(tls_error)
{
	tcase_add_test(tests, without_an_error_there_is_the_other_text);
	tcase_add_test(tests, the_first_error_is_the_reason);
	tcase_add_test(tests, an_error_of_the_system_has_its_own_text);
}
