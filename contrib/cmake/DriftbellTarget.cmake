# What every target of ours has in common, and what a room is.

set(DRIFTBELL_WARNINGS
	-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wold-style-definition -Wpointer-arith -Wformat=2 -Wvla -Wundef -Wwrite-strings
	-Wimplicit-fallthrough -Wredundant-decls -Wnested-externs
	-Wno-overlength-strings) # the schema is one long text

if(DRIFTBELL_FUZZ)
	include(CheckCSourceCompiles)
	set(CMAKE_REQUIRED_FLAGS -fsanitize=fuzzer)
	check_c_source_compiles("#include <stddef.h>
		int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
		int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
		{ return data == NULL && size > 0; }" HAVE_LIBFUZZER)
	unset(CMAKE_REQUIRED_FLAGS)
endif()

# Warnings, sanitizers and hardening, on our targets only.
function(driftbell_flags target)
	target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
	target_compile_definitions(${target} PRIVATE
		_GNU_SOURCE DRIFTBELL_VERSION="${PROJECT_VERSION}")
	target_compile_options(${target} PRIVATE ${DRIFTBELL_WARNINGS}
		$<$<BOOL:${DRIFTBELL_WERROR}>:-Werror>)
	if(DRIFTBELL_SANITIZE)
		set(sanitize -fsanitize=${DRIFTBELL_SANITIZE} -fno-sanitize-recover=all)
		target_compile_options(${target} PRIVATE ${sanitize} -fno-omit-frame-pointer)
		target_link_options(${target} PRIVATE ${sanitize})
	endif()
	if(DRIFTBELL_FUZZ AND HAVE_LIBFUZZER)
		target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
	endif()
	if(DRIFTBELL_HARDEN)
		target_compile_options(${target} PRIVATE
			-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
			-fstack-protector-strong -fstack-clash-protection)
		target_link_options(${target} PRIVATE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
	endif()
endfunction()

# driftbell_room(NAME FOLDER [SOURCES ...] [LIBRARIES ...]): the static library
# driftbell_NAME of FOLDER/*.c and the sources made while building, linked to the room declared before it.  A room
# without files yet is only a link in the chain.
function(driftbell_room name folder)
	cmake_parse_arguments(room "" "" "SOURCES;LIBRARIES" ${ARGN})
	get_property(before GLOBAL PROPERTY DRIFTBELL_ROOMS)
	list(TRANSFORM before PREPEND driftbell_)
	if(before)
		list(GET before -1 before)
	endif()

	file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.c")
	list(FILTER sources EXCLUDE REGEX "/main\\.c$")
	if(sources)
		add_library(driftbell_${name} STATIC ${sources} ${room_SOURCES})
		driftbell_flags(driftbell_${name})
		target_link_libraries(driftbell_${name} PUBLIC ${before} ${room_LIBRARIES})
	else()
		add_library(driftbell_${name} INTERFACE)
		target_link_libraries(driftbell_${name} INTERFACE ${before} ${room_LIBRARIES})
	endif()
	set_property(GLOBAL APPEND PROPERTY DRIFTBELL_ROOMS ${name})
endfunction()
