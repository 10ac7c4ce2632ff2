"use strict";exports.id=843,exports.ids=[843],exports.modules={5843:((d,E,_)=>{_.d(E,{SocksProxyAgent:()=>s.x3});var s=_(2098),D=_(5330),P=_(8689),M=_(4434);(0,s.UD)()})};
