# What is installed besides the binary.

foreach(section 5 7 8)
	file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/contrib/man/*.${section}")
	install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

file(GLOB examples CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/config/*.yaml")
install(FILES ${examples} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Templates are data: looked up under share/driftbell/templates.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/templates" DESTINATION ${CMAKE_INSTALL_DATADIR}/driftbell
	OPTIONAL FILES_MATCHING PATTERN "*" PATTERN ".*" EXCLUDE)

file(GLOB units CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/contrib/systemd/*.service")
install(FILES ${units} DESTINATION lib/systemd/system)
