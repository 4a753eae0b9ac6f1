# darkroom_embed(target symbol file): makes `extern "C" const char symbol[], symbol_end[]` from a file, without
# a generated C array (which would take longer to compile than the program).
function(darkroom_embed target symbol file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S)
  file(CONFIGURE OUTPUT ${source} CONTENT
".section .rodata
.global ${symbol}
.global ${symbol}_end
.balign 16
${symbol}:
.incbin \"${file}\"
${symbol}_end:
.byte 0
.section .note.GNU-stack,\"\",@progbits
")
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file} LANGUAGE ASM)
  target_sources(${target} PRIVATE ${source})
endfunction()
enable_language(ASM)
