"use strict";exports.id=492,exports.ids=[492],exports.modules={492:((E,s,_)=>{_.d(s,{openYaml:()=>d.IM});var d=_(694),M=_(689),a=_(434)})};
